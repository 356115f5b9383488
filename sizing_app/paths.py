"""Where the program finds what comes with it: in a checkout beside the package, installed from a wheel inside it."""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder ``circuits`` or ``models``."""
    inside = PACKAGE / "data" / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def data_folder() -> Path:
    """Where what the program makes is kept unless said otherwise: ``data/`` of a checkout, else the user's folder."""
    if not (PACKAGE / "data").is_dir():
        return Path("data")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sizing"


def database_url() -> str:
    """Where sessions are kept unless said otherwise."""
    return f"sqlite:///{data_folder() / 'sessions.db'}"
