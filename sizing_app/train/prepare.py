"""The files that training reads, made from circuits and simulations: pools, trajectories, queries, baselines.

Whatever is there already is kept. A pool that is half done goes on; any other file is made anew, unless it is whole.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.pools.designs import Pool, load_pool, pool_path
from sizing_app.pools.surrogate import Surrogate, load_surrogate, save_surrogate, surrogate_path
from sizing_app.pools.teacher import Teacher
from sizing_app.train.baselines import build_mlp
from sizing_app.train.config import DataConfig
from sizing_app.train.data import in_pairs
from sizing_app.train.family.archive import family_pool
from sizing_app.train.imagine import Trajectory, imagine, in_ranges_of, write_lessons
from sizing_app.train.pool import build_pool
from sizing_app.train.queries import Synthesis, in_other_ranges, save_queries
from sizing_app.train.run_folder import Clock
from sizing_app.train.surrogate import fit_surrogate

RESERVE = 20.0
"""Seconds that a chunk of simulations may take. With less time left none is begun, nor are the files of one more
circuit, which may take longer: once begun they are made to the end."""
CHUNK = 512
"""Trajectories that are made up together."""
FAMILY_NETWORKS, FAMILY_STEPS = 1, 1500
"""Of the surrogate of a member: there are many members."""


def lessons_path(folder: Path, circuit: str, prompt: str) -> Path:
    """Of a version of the prompt."""
    return folder / "lessons" / prompt / f"{circuit}.jsonl.gz"


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


def prepare(circuits: Sequence[Circuit], models: Path, folder: Path, config: DataConfig, seed: int, clock: Clock,
            report: Callable[[str], None] = print) -> bool:
    """What is made of the pools, for all circuits; False if the time ran out before."""
    for circuit in circuits:
        if clock.over(RESERVE):
            return False
        pool = load_pool(circuit, pool_path(circuit))
        _baselines(circuit, pool, models, seed, report)
        _lessons(circuit, pool, partial(load_surrogate, surrogate_path(models, circuit), circuit), folder,
                 (config.trajectories, config.queries), config, seed, report)
    return True


def prepare_family(members: Sequence[Circuit], folder: Path, config: DataConfig, seed: int, clock: Clock,
                   report: Callable[[str], None] = print) -> bool:
    """The same for the members of the family, which have no baselines."""
    for member in members:
        if clock.over(RESERVE):
            return False
        pool = family_pool(member)
        _lessons(member, pool, partial(fit_surrogate, pool, FAMILY_NETWORKS, FAMILY_STEPS), family_folder(folder),
                 (config.family_trajectories, config.family_queries), config, seed, report)
    return True


def _lessons(circuit: Circuit, pool: Pool, surrogate: Callable[[], Surrogate], folder: Path, counts: tuple[int, int],
             config: DataConfig, seed: int, report: Callable[[str], None]) -> None:
    """So many trajectories and queries of one circuit."""
    trajectories, queries = counts
    path = lessons_path(folder, circuit.name, config.prompt)
    if trajectories and not path.exists():
        _imagine(Teacher(pool, surrogate()), path, trajectories, config, _numbers(seed, circuit, path))
        report(f"{circuit.name}: {trajectories} trajectories")
    path = queries_path(folder, circuit.name)
    if not path.exists():
        drawn = Synthesis(pool, config.hidden_share, config.moved_queries)
        save_queries(path, drawn.draw(_numbers(seed, circuit, path), queries))


def _imagine(teacher: Teacher, path: Path, count: int, config: DataConfig, rng: np.random.Generator) -> None:
    """Write ``count`` trajectories next to ``path``, then rename, so that a killed run leaves a whole file."""
    unfinished = path.with_suffix(".partial")
    unfinished.unlink(missing_ok=True)
    write_lessons([], unfinished)
    drawn = Synthesis(teacher.pool, config.hidden_share)
    for first in range(0, count, CHUNK):
        trajectories = imagine(drawn.draw(rng, min(CHUNK, count - first)), teacher, rng)
        write_lessons(list(in_pairs_moved(trajectories, config.moved_share, rng)), unfinished, config.prompt)
    unfinished.replace(path)


def in_pairs_moved(trajectories: Sequence[Trajectory], share: float,
                   rng: np.random.Generator) -> Iterator[Trajectory]:
    """The trajectories of so many of the pairs in ranges around all their designs."""
    for pair in in_pairs(trajectories):
        circuit = pair[0].task.circuit
        if rng.random() < share:
            circuit = in_other_ranges(circuit, [design for each in pair for design in each.designs], rng)
        yield from (in_ranges_of(each, circuit) for each in pair)


def _baselines(circuit: Circuit, pool: Pool, models: Path, seed: int, report: Callable[[str], None]) -> None:
    """The regressor, one of those that the trained policy is compared with, and the surrogate that the teacher uses."""
    networks = models / "mlp" / f"{circuit.name}.npz"
    if not networks.exists():
        build_mlp(circuit, pool, networks, _numbers(seed, circuit, networks), report=report)
    path = surrogate_path(models, circuit)
    if not path.exists():
        save_surrogate(fit_surrogate(pool), path)
        report(f"{circuit.name}: surrogate")


def _deadline(clock: Clock) -> float | None:
    """Seconds from now after which no chunk is begun."""
    left = clock.left() - RESERVE
    return None if left == float("inf") else max(0.0, left)


def _numbers(seed: int, circuit: Circuit, path: Path) -> np.random.Generator:
    """Random numbers of a file; where it goes on with a file, others than those that it began with."""
    size = path.stat().st_size if path.exists() else 0
    return np.random.default_rng([seed, size, *f"{circuit.name}/{path.parent.name}".encode()])
