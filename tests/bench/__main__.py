"""``python -m tests.bench``: every benchmark, in one run."""

from tests.bench.simulator import main

if __name__ == "__main__":
    main()
