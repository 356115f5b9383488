"""What a checkpoint says of itself."""

import tomllib
from pathlib import Path

from sizing_app.prompt.versions import FIRST


def read_card(folder: Path) -> dict:
    """The card of a checkpoint; empty where there is none."""
    try:
        return tomllib.loads((folder / "card.toml").read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def prompt_of(folder: Path) -> str:
    """The version of the prompt that it was trained with; it may be one that this program does not write."""
    return read_card(folder).get("prompt", FIRST)
