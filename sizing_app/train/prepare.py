"""The files that training reads, made from circuits and simulations: pools, demonstrations, queries, baselines.

Whatever is there already is kept; what is half done goes on.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sizing_app.domain import Circuit
from sizing_app.pools import Pool, load_pool, pool_path
from sizing_app.train.baselines import build_mlp
from sizing_app.train.config import DataConfig
from sizing_app.train.family.archive import family_pool
from sizing_app.train.pool import build_pool
from sizing_app.train.queries import save_queries, synthesize
from sizing_app.train.recall import recall, widened
from sizing_app.train.run_folder import Clock
from sizing_app.train.teacher import CHUNK, demonstrations, write_lessons

RESERVE = 20.0
"""Seconds that a chunk of simulations may take; none is begun with less time left."""
VARIANT = 20
"""Trajectories of a member of the family in the same ranges."""
OWN = 4
"""One variant of so many has the member's own ranges, the others wider ones."""


def demonstrations_path(folder: Path, circuit: str) -> Path:
    return folder / "demonstrations" / f"{circuit}.jsonl.gz"


def recalled_path(folder: Path, circuit: str) -> Path:
    return folder / "recalled" / f"{circuit}.jsonl.gz"


def queries_path(folder: Path, circuit: str) -> Path:
    return folder / "queries" / f"{circuit}.jsonl.gz"


def simulate_pools(circuits: Sequence[Circuit], simulator, config: DataConfig, seed: int, clock: Clock,
                   report: Callable[[str], None] = print) -> bool:
    """The pool of every circuit; False if the time ran out before."""
    for circuit in circuits:
        path = pool_path(circuit)
        pool = build_pool(circuit, simulator, config.conditions, config.simulations, path,
                          _numbers(seed, circuit, path), _deadline(clock), report)
        if len(pool) < config.simulations * len(pool.places):
            return False
    return True


def family_folder(folder: Path) -> Path:
    """Where the files of the family's members are, in the data folder."""
    return folder / "family"


def prepare(circuits: Sequence[Circuit], models: Path, folder: Path, simulator, config: DataConfig, seed: int,
            clock: Clock, report: Callable[[str], None] = print) -> bool:
    """What is made of the pools, for all circuits; False if the time ran out before."""
    for circuit in circuits:
        pool = load_pool(circuit, pool_path(circuit))
        if not _lessons(circuit, pool, folder, simulator, (config.demonstrations, config.recalled, config.queries),
                        config, seed, clock, report, vary=False):
            return False
        _baseline(circuit, pool, models, config, seed, report)
    return True


def prepare_family(members: Sequence[Circuit], folder: Path, simulator, config: DataConfig, seed: int, clock: Clock,
                   report: Callable[[str], None] = print) -> bool:
    """The same for the members of the family, which have no baselines."""
    counts = config.family_demonstrations, config.family_recalled, config.family_queries
    return all(_lessons(member, family_pool(member), family_folder(folder), simulator, counts, config, seed, clock,
                        report, vary=True) for member in members)


def _lessons(circuit: Circuit, pool: Pool, folder: Path, simulator, counts: tuple[int, int, int], config: DataConfig,
             seed: int, clock: Clock, report: Callable[[str], None], vary: bool) -> bool:
    """So many demonstrations, recalled trajectories and queries of one circuit."""
    trajectories, recalled, queries = counts
    path = demonstrations_path(folder, circuit.name)
    done = demonstrations(circuit, pool, simulator, trajectories, path, _numbers(seed, circuit, path),
                          config.tight_share, config.hidden_share, _deadline(clock), report)
    if done < trajectories or clock.over(RESERVE):
        return False
    path = recalled_path(folder, circuit.name)
    if not path.exists():
        _recall(pool, path, recalled, config, _numbers(seed, circuit, path), vary)
        report(f"{circuit.name}: {recalled} trajectories recalled")
    path = queries_path(folder, circuit.name)
    if not path.exists():
        rng = _numbers(seed, circuit, path)
        save_queries(path, [synthesize(circuit, pool, rng, config.tight_share, config.hidden_share)
                            for _ in range(queries)])
    return True


def _recall(pool: Pool, path: Path, count: int, config: DataConfig, rng: np.random.Generator, vary: bool) -> None:
    """Write ``count`` recalled trajectories next to ``path``, then rename, so that a killed run leaves a whole file."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    write_lessons([], partial)
    size = VARIANT if vary else CHUNK
    for first in range(0, count, size):
        known = widened(pool, rng) if vary and first // size % OWN else pool
        tasks = [synthesize(known.circuit, known, rng, config.tight_share, config.hidden_share)
                 for _ in range(min(size, count - first))]
        write_lessons(recall(tasks, known, rng), partial)
    partial.replace(path)


def _baseline(circuit: Circuit, pool: Pool, models: Path, config: DataConfig, seed: int,
              report: Callable[[str], None]) -> None:
    """The regressor of the app's ``models`` folder, one of those that the trained policy is compared with."""
    networks = models / "mlp" / f"{circuit.name}.npz"
    if not networks.exists():
        build_mlp(circuit, pool, networks, _numbers(seed, circuit, networks), tight_share=config.tight_share,
                  report=report)


def _deadline(clock: Clock) -> float | None:
    """Seconds from now after which no chunk is begun."""
    left = clock.left() - RESERVE
    return None if left == float("inf") else max(0.0, left)


def _numbers(seed: int, circuit: Circuit, path: Path) -> np.random.Generator:
    """Random numbers of a file; where it goes on with a file, others than those that it began with."""
    size = path.stat().st_size if path.exists() else 0
    return np.random.default_rng([seed, size, *f"{circuit.name}/{path.parent.name}".encode()])
