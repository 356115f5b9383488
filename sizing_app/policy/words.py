"""Which circuits a checkpoint can read: those whose words it has, trained on or not.

One that reads names needs those of the circuit as tokens; one that reads roles (prompt/roles.py) has the same words for
every circuit, so that only what has no word is missing. None has words for a bound of 0 or below in units such as V.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.policy.card import prompt_of
from sizing_app.prompt.roles import misfits
from sizing_app.prompt.values import has_no_text
from sizing_app.prompt.versions import VERSIONS
from sizing_app.prompt.vocabulary import vocabulary


def lack_of_words(folder: Path, circuit: Circuit, specs: Sequence[Spec] = ()) -> str:
    """What the checkpoint in ``folder`` has no words for, to be read behind "no words for"; empty where it can read the
    circuit, and a task's ``specs`` of it."""
    version = prompt_of(folder)
    if version in VERSIONS and VERSIONS[version].roles and _words(folder):
        lacking = misfits(circuit)
    else:
        lacking = [word.strip(' <>=",:{') for word in vocabulary(circuit) if word not in _words(folder)]
    return _listed([*lacking, *_untold(circuit, (*circuit.specs, *specs))])


def _untold(circuit: Circuit, specs: Iterable[Spec]) -> list[str]:
    """The targets that no prompt can tell."""
    return [f"{spec.metric} {spec.show(metric.unit)} (a bound that is not above 0)" for spec in specs
            if has_no_text(metric := circuit.metric(spec.metric), spec)]


def _listed(words: Sequence[str]) -> str:
    """The first three, each once, and how many more."""
    each = list(dict.fromkeys(words))
    return f"{', '.join(each[:3])}{f' and {len(each) - 3} more' if len(each) > 3 else ''}"


@lru_cache(maxsize=32)
def _words(folder: Path) -> frozenset[str]:
    try:
        document = json.loads((folder / "tokenizer.json").read_text())
        return frozenset(token["content"] for token in document["added_tokens"])
    except (OSError, ValueError, KeyError):
        return frozenset()
