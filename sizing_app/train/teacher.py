"""Demonstrations for supervised training: whole trajectories in which every reply is the teacher's, the history is not.

The designs of the history are what an imperfect policy might have tried: simulated designs of the pool near the
teacher's answer, moved by noise of decreasing size, or near the answer to a similar query, or anywhere. So what is
measured differs from the targets in informative ways, and only the initial design has to be simulated anew. The reply
is always the teacher's answer to the query itself (answers.py), with an analysis of what was measured
(prompt/analysis.py). Once a turn has met all specs the reply ends the session.
"""

import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sizing_app.domain import Circuit, History, Measurement, Parameters, Proposal, Task, Turn
from sizing_app.pools import Pool, centroid
from sizing_app.prompt.analysis import end_text, move_text
from sizing_app.prompt.compact import render, write_reply
from sizing_app.reward import score
from sizing_app.targets import DesignGrid, harder, margins, measurement_of
from sizing_app.train.answers import Answer, teach
from sizing_app.train.queries import synthesize

CHUNK = 512
"""Trajectories whose simulations are batched."""
BAD_TURNS = (0.80, 0.12, 0.05, 0.03)
"""Probabilities of 0, 1, 2 and 3 designs from anywhere before the policy-like ones."""
NEAREST = 8
"""A policy-like turn is one of so many designs of the pool, the nearest ones to where it ought to be."""
FAILING = 0.6
"""Probability that it is taken from those that miss a spec, so that there is something to be said about it."""
EXACT = 0.25
"""Probability that a policy-like turn is the teacher's answer itself."""
ELSEWHERE = 0.5
"""Probability that a policy-like turn starts from the answer to a similar query."""
NOISE = 0.06
"""Median standard deviation of the first policy-like turn, in the unit cube; halves with every turn."""
SIMILAR, SIMILAR_DESIGNS = 0.15, 12
"""Offset of the targets of a similar query, and the designs that its answer is the centre of."""
NO_CALL = 0.01
"""Probability of a turn without a valid call."""


Attempt = tuple[Parameters | None, Measurement]
"""A design that was tried (None: no valid call) and what its simulation told."""


@dataclass(frozen=True)
class Trajectory:
    """One query with the teacher's answer and the turns of its history."""

    task: Task
    answer: Answer
    history: History


def demonstrations(circuit: Circuit, pool: Pool, simulator, count: int, path: Path, rng: np.random.Generator,
                   tight_share: float, hidden_share: float, deadline: float | None = None,
                   report: Callable[[str], None] = print) -> int:
    """Write at least ``count`` trajectories to ``path`` (JSON lines, gzip); returns how many. Chunks are resumed.

    One line a trajectory: {"turns": [{"prompt": ..., "reply": ...}, ...]}. ``deadline`` is in seconds from now.
    """
    path, started = Path(path), time.monotonic()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    done = first = sum(1 for _ in _lines(path)) if path.exists() else 0
    while done < count and (deadline is None or time.monotonic() - started < deadline):
        tasks = [synthesize(circuit, pool, rng, tight_share, hidden_share) for _ in range(min(CHUNK, count - done))]
        finished = play(tasks, pool, simulator, rng)
        write_lessons(finished, path)
        if not finished:
            raise ValueError(f"the pool of {circuit.name} answers none of {len(tasks)} queries")
        done += len(finished)
        rate = (done - first) / (time.monotonic() - started)
        report(f"{circuit.name}: {done} of {count} trajectories, {rate:.0f}/s, "
               f"{(count - done) / rate / 60:.1f} min left")
    return done


def play(tasks: Sequence[Task], pool: Pool, simulator, rng: np.random.Generator) -> list[Trajectory]:
    """Answer the tasks and make up their histories; tasks without a passing answer are left out."""
    pairs = [(task, answer) for task, answer in zip(tasks, teach(tasks, pool, simulator, rng), strict=True)
             if answer.passed]
    starts = simulator.evaluate_many([(task.circuit, task.initial, task.conditions) for task, _ in pairs])
    return [Trajectory(task, answer, history(task, start, attempts(task, answer, pool, rng)))
            for (task, answer), start in zip(pairs, starts, strict=True)]


def write_lessons(trajectories: Sequence[Trajectory], path: Path) -> None:
    """Append a line for each trajectory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps({"turns": list(lessons(trajectory))}) + "\n" for trajectory in trajectories)
    with path.open("ab") as file:
        file.write(gzip.compress(lines.encode(), 6))


def lessons(trajectory: Trajectory) -> Iterator[dict[str, str]]:
    """Prompt and reply of every turn that a policy could be asked for."""
    task, answer = trajectory.task, trajectory.answer
    parameters = DesignGrid(task.circuit).design(answer.design)
    for size in range(1, len(trajectory.history) + 1):
        history = trajectory.history[:size]
        if history[-1].score.passed:
            reply = write_reply(task.circuit, end_text(history), None)
        else:
            reply = write_reply(task.circuit, move_text(task, history, answer.design, answer.metrics), parameters)
        yield {"prompt": render(task.told(), history), "reply": reply}


def sample_texts(paths: Sequence[Path], count: int = 2000) -> list[str]:
    """Prompts with replies of demonstration files, ``count`` trajectories each: what a tokenizer is learned from."""
    texts = []
    for path in paths:
        for _, line in zip(range(count), _lines(Path(path)), strict=False):
            texts += [turn["prompt"] + turn["reply"] for turn in json.loads(line)["turns"]]
    return texts


def history(task: Task, start: Measurement, tried: Sequence[Attempt]) -> History:
    """The initial design and what was tried, up to the first turn that meets all specs."""
    turns: History = ()
    for parameters, measurement in [(task.initial, start), *tried]:
        turn = Turn(len(turns), Proposal(parameters), measurement, score(measurement, task.specs))
        turns = (*turns, turn)
        if turn.score.passed:
            break
    return turns


def attempts(task: Task, answer: Answer, pool: Pool, rng: np.random.Generator) -> list[Attempt]:
    """What is tried in every turn but the last of the budget."""
    bad, place = int(rng.choice(len(BAD_TURNS), p=BAD_TURNS)), pool.index_of(task.conditions)
    target, tried = pool.grid.unit(answer.design), []
    noise, distance = NOISE * np.exp(rng.normal(0.0, 0.5)), rng.uniform(0.2, 1.0)
    for turn in range(task.budget - 1):
        if rng.random() < NO_CALL:
            tried.append((None, Measurement("no_call", {})))
        elif turn < bad:
            tried.append(_stored(pool, int(rng.choice(pool.rows(place)))))
        elif rng.random() < EXACT:
            tried.append((pool.grid.design(answer.design), measurement_of(task.circuit, answer.metrics)))
        else:
            unit = target + rng.normal(0.0, noise, len(target))
            if rng.random() < ELSEWHERE:
                unit += distance * (_similar_answer(task, pool, rng) - target)
            noise, distance = noise / 2, distance / 2
            tried.append(_stored(pool, _near(task, pool, place, unit, rng)))
    return tried


def _near(task: Task, pool: Pool, place: int, unit: np.ndarray, rng: np.random.Generator) -> int:
    """A row of the pool at the condition with index ``place``, one of the nearest to a point of the unit cube."""
    rows = pool.rows(place)
    failing = rows[margins(task.circuit, task.specs, pool.metrics[rows]).min(axis=1) < 0]
    rows = failing if len(failing) and rng.random() < FAILING else rows
    distance = np.linalg.norm(pool.grid.unit(pool.design[rows]) - unit, axis=1)
    return int(rng.choice(rows[np.argsort(distance, kind="stable")[:NEAREST]]))


def _stored(pool: Pool, row: int) -> Attempt:
    return pool.grid.design(pool.design[row]), measurement_of(pool.circuit, pool.metrics[row])


def _similar_answer(task: Task, pool: Pool, rng: np.random.Generator) -> np.ndarray:
    """Unit-cube answer to slightly other targets, half of the time at other conditions; not simulated."""
    place = pool.index_of(task.conditions) if rng.random() < 0.5 else int(rng.choice(pool.places))
    specs = [spec if spec.kind == "range" else harder(spec, rng.uniform(-SIMILAR, SIMILAR)) for spec in task.specs]
    return centroid(pool, place, specs, SIMILAR_DESIGNS)


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from file
