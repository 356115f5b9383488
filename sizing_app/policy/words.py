"""Which circuits a checkpoint can read: those whose words its tokenizer has, trained on or not."""

import json
from functools import lru_cache
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.compact import vocabulary


def missing_words(folder: Path, circuit: Circuit) -> list[str]:
    """Words of a circuit's prompt that the tokenizer in ``folder`` lacks; all of them where there is no tokenizer."""
    return [word for word in vocabulary(circuit) if word not in _words(folder)]


@lru_cache(maxsize=32)
def _words(folder: Path) -> frozenset[str]:
    try:
        document = json.loads((folder / "tokenizer.json").read_text())
        return frozenset(token["content"] for token in document["added_tokens"])
    except (OSError, ValueError, KeyError):
        return frozenset()
