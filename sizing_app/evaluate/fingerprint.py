"""What a row of an evaluation is about: policy, circuit and queries, as a short fingerprint.

A checkpoint that was trained anew, a circuit or a suite that was changed has another one, so that its queries are
evaluated again and old rows never stand for it. The code, simulator and measures included, is not in it.
"""

import hashlib
import tomllib
from functools import lru_cache
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import golden_path, suite_path
from sizing_app.policy import MODELS
from sizing_app.policy.registry import checkpoint_of
from sizing_app.pools.designs import pool_path
from sizing_app.pools.surrogate import surrogate_path
from sizing_app.train.family.archive import digest

CHECKPOINT = ("model.safetensors", "tokenizer.json", "config.json")
CARD = ("temperature", "history")
"""What a card says of how its checkpoint plays."""


def fingerprint(circuit: Circuit, suite: str, split: str, policy: str, models: Path = MODELS) -> str:
    """Twelve hex digits of the contents of all files of the policy and the suite, and of what is simulated."""
    found = hashlib.sha256(digest(circuit).encode())
    for path in (suite_path(circuit, suite, split), *policy_files(circuit, policy, models)):
        found.update(_content(path, path.stat().st_mtime_ns) if path.is_file() else path.name.encode())
    return hashlib.sha256(found.digest() + _card(models / checkpoint_of(policy)).encode()).hexdigest()[:12]


def policy_files(circuit: Circuit, policy: str, models: Path = MODELS) -> list[Path]:
    """The files that a policy's answers for a circuit depend on; none for a search."""
    folder = models / checkpoint_of(policy)
    known = {"golden": [golden_path(circuit)], "centre": [pool_path(circuit)], "lookup": [pool_path(circuit)],
             "teacher": [pool_path(circuit), surrogate_path(models, circuit)],
             "mlp": [folder / f"{circuit.name}.npz"]}
    return known.get(policy, [folder / name for name in CHECKPOINT] if (folder / CHECKPOINT[0]).is_file() else [])


@lru_cache(maxsize=256)
def _content(path: Path, changed: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _card(folder: Path) -> str:
    path = folder / "card.toml"
    card = tomllib.loads(path.read_text()) if path.is_file() else {}
    return repr([card.get(entry) for entry in CARD])
