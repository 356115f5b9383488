"""The embedded model servers of this process: one for each checkpoint, shared by all sessions, started on first use."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizing_app.policy.engine import Engine

_engines: "dict[Path, Engine]" = {}
_lock = threading.Lock()


def address_of(folder: Path) -> Callable[[], str]:
    """Where the server of a model folder answers, to be asked anew for every turn, since it may have crashed."""
    from sizing_app.policy.engine import Engine
    with _lock:
        engine = _engines.setdefault(folder, Engine(folder))
    return lambda: engine.base_url


def close_engines() -> None:
    """Stop every server that was started."""
    with _lock:
        for engine in _engines.values():
            engine.close()
        _engines.clear()
