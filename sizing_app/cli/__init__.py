"""The command line, ``sizing`` or ``python -m sizing_app``: one module a command, imported only when it is called.

Results go to standard output (with --json one JSON document and nothing else), progress and errors to standard error.
Exit codes: 0 done, 1 something failed, 2 a wrong name or value.
"""

import importlib
import sys
from collections.abc import Sequence

from sizing_app.circuit.toml_table import CircuitError
from sizing_app.cli.parser import TOOLS, build_parser
from sizing_app.cli.values import UsageError
from sizing_app.errors import NotStored, PolicyError, SimulatorError, StoreError
from sizing_app.process import keep_loopback_direct


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words and words[0] in TOOLS:
        return _run_tool(words[0], words[1:])
    chosen = build_parser().parse_args(words)
    keep_loopback_direct()
    try:
        return importlib.import_module(f"sizing_app.cli.{chosen.command.replace('-', '_')}").run(chosen)
    except (UsageError, NotStored) as error:
        return _complain(error, 2)
    except (CircuitError, PolicyError, SimulatorError, StoreError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return _complain("stopped", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _run_tool(name: str, words: Sequence[str]) -> int:
    module, _, file = TOOLS[name]
    try:
        tool = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("sizing_app"):
            raise
        return _complain(f"{name} needs {error.name}: python -m pip install -r {file}", 1)
    return tool.main(words)


def _complain(error: object, code: int) -> int:
    print(f"sizing: {' '.join(str(error).split())}", file=sys.stderr)
    return code
