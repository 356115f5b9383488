"""Trajectories for supervised training: every reply is the teacher's, the designs of the history are not.

A session starts at a stored design, one of the worst for the query, as a random one would be. The next turns try what
an imperfect policy might: the teacher's answer moved by noise of decreasing size, or a stored design from anywhere.
What stored designs measure was simulated; what the others measure is imagined: the surrogate's prediction with errors,
which last over the trajectory, so that there is something to correct. Nothing is simulated, because a network learns
more the more queries it sees. Once a turn meets all specs the reply ends the session. Some states are shown once more
with another plan and the design that it asks for: contrast pairs, so that the action follows the words.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.pools.designs import Pool, ranked
from sizing_app.pools.surrogate import condition_features
from sizing_app.pools.targets import DesignGrid, measurement_of
from sizing_app.pools.teacher import Answer, Teacher
from sizing_app.prompt.analysis import LISTED, base_turn, end_text, move_text
from sizing_app.prompt.compact import render, write_reply
from sizing_app.prompt.parser import ANALYZE_END
from sizing_app.prompt.versions import LATEST
from sizing_app.prompt.wording import wording
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import History, Measurement, Proposal, Turn

ONE_REPLY = 0.4
"""Share of the trajectories that end with the first reply, so that more queries are seen in the same time."""
POOREST = 0.3
"""The start is drawn from this share of the stored designs, the worst ones for the query."""
BAD = 0.1
"""Probability that the first try is a stored design from anywhere."""
EXACT = 0.2
"""Probability that a try is the teacher's answer itself."""
NOISE = 0.05
"""Median standard deviation of the first try about the answer, in the unit cube; it halves with every turn."""
MISSED = 0.4
"""Share of the sizes that a later try has wrong; the first one has all of them wrong."""
ERROR = 0.03
"""Median standard deviation of a trajectory's errors, in heights (pools/surrogate.py)."""
NO_CALL = 0.01
"""Probability of a turn without a valid call."""
OTHER_PLAN = 0.4
"""Probability that a state is shown once more with another plan, for the design that this plan asks for."""
REVERSED = 0.5
"""Share of the other plans that turn moves of the answer round; the rest move any sizes."""
STEP = 0.12
"""Median move that another plan asks for, in the unit cube."""


@dataclass(frozen=True)
class OtherPlan:
    """What might be done instead of an answer: the moves that the plan names, and the answer with them."""

    named: Parameters
    """The base turn's design with the named moves alone."""
    answer: Answer
    """Its metrics are not a number where the plan says nothing of them."""


@dataclass(frozen=True)
class Trajectory:
    """One query, its history and the teacher's answer to each beginning of the history that meets not all specs."""

    task: Task
    history: History
    answers: tuple[Answer, ...]
    others: tuple[OtherPlan | None, ...]
    """Another plan for the same state, one for each answer."""

    @property
    def designs(self) -> list[Parameters]:
        """All that its prompts and replies hold."""
        tried = [turn.proposal.parameters for turn in self.history if turn.proposal.parameters is not None]
        others = [other.answer.parameters for other in self.others if other]
        return [*tried, *(answer.parameters for answer in self.answers), *others]


def imagine(tasks: Sequence[Task], teacher: Teacher, rng: np.random.Generator) -> list[Trajectory]:
    """A trajectory for each task, of one circuit. No simulator is asked. Tasks that have their initial design and
    conditions in common begin at the same stored design."""
    sessions, starts = [], {}
    for task in tasks:
        place = task.conditions, *task.initial.values()
        if place not in starts:
            starts[place] = _start(teacher.pool, task, rng)
        sessions.append(_Session(task, starts[place], teacher, rng))
    while open_sessions := [session for session in sessions if session.open]:
        answers = teacher.answers([session.task for session in open_sessions],
                                  [session.history for session in open_sessions],
                                  [session.task.conditions for session in open_sessions], rng)
        for session, answer in zip(open_sessions, answers, strict=True):
            session.go_on(answer)
    return [Trajectory(session.task, session.history, tuple(session.answers), tuple(session.others))
            for session in sessions]


def _start(pool: Pool, task: Task, rng: np.random.Generator) -> int:
    """The row of one of the worst stored designs."""
    rows, _ = ranked(pool, pool.index_of(task.conditions), task.specs)
    return int(rows[-int(rng.integers(1, max(2, round(POOREST * len(rows)))))])


class _Session:
    """A trajectory that is being made up, from the stored design in row ``start``."""

    def __init__(self, task: Task, start: int, teacher: Teacher, rng: np.random.Generator):
        self._teacher, self._pool, self._rng = teacher, teacher.pool, rng
        self._place = self._pool.index_of(task.conditions)
        self.task = replace(task, initial=self._pool.grid.design(self._pool.design[start]))
        self.answers: list[Answer] = []
        self.others: list[OtherPlan | None] = []
        self.history: History = ()
        self._add(*self._stored(start))
        self._turns = 1 if rng.random() < ONE_REPLY else task.budget
        self._noise = NOISE * np.exp(rng.normal(0.0, 0.6))
        count = len(task.circuit.specs)
        self._errors = ERROR * np.exp(rng.normal(0.0, 0.6)) * rng.standard_normal(count)

    @property
    def open(self) -> bool:
        """Whether the teacher has to answer."""
        return len(self.answers) < self._turns and not self.history[-1].score.passed

    def go_on(self, answer: Answer) -> None:
        """Keep the answer, then try something else."""
        self.answers.append(answer)
        self.others.append(self._other(answer) if self._rng.random() < OTHER_PLAN else None)
        if len(self.answers) < self._turns:
            self._add(*self._try(answer))

    def _other(self, answer: Answer) -> OtherPlan | None:
        """A plan with other moves of a few sizes, which the answer keeps to; None where there is no base for it."""
        base, rng, grid = base_turn(self.history), self._rng, self._pool.grid
        if not base.measurement.ok:
            return None
        start, unit = (grid.unit(grid.index(design)) for design in (base.proposal.parameters, answer.parameters))
        count = int(rng.integers(1, LISTED + 2))
        steps = STEP * np.exp(rng.normal(0.0, 0.6, count))
        if rng.random() < REVERSED:
            places = np.argsort(-np.abs(unit - start), kind="stable")[:count]
            steps = steps[:len(places)] * -np.sign(unit - start)[places]
        else:
            places = rng.choice(len(unit), min(count, len(unit)), replace=False)
            steps = steps[:len(places)] * rng.choice([-1.0, 1.0], len(places))
        named = start.copy()
        named[places] = unit[places] = np.clip(start[places] + steps, 0.0, 1.0)
        index = grid.snap(unit)
        metrics = self._teacher.metrics(self._heights(grid.unit(index)))[0]
        if rng.random() < 0.5:
            metrics = np.full_like(metrics, np.nan)
        return OtherPlan(grid.design(grid.snap(named)), Answer(grid.design(index), metrics))

    def _try(self, answer: Answer) -> tuple[Parameters | None, Measurement]:
        if self._rng.random() < NO_CALL:
            return None, Measurement("no_call", {})
        if len(self.answers) == 1 and self._rng.random() < BAD:
            return self._stored(int(self._rng.choice(self._pool.rows(self._place))))
        grid = self._pool.grid
        unit = grid.unit(grid.index(answer.parameters))
        if self._rng.random() >= EXACT:
            wrong = self._rng.random(len(unit)) < (1.0 if len(self.answers) == 1 else MISSED)
            unit = np.clip(unit + wrong * self._rng.normal(0.0, self._noise, len(unit)), 0.0, 1.0)
        self._noise /= 2
        index = grid.snap(unit)
        return grid.design(index), self._imagined(grid.unit(index))

    def _imagined(self, unit: np.ndarray) -> Measurement:
        return measurement_of(self.task.circuit, self._teacher.metrics(self._heights(unit) + self._errors)[0])

    def _heights(self, unit: np.ndarray) -> np.ndarray:
        """What the surrogate predicts, shape (1, metrics)."""
        features = condition_features(self.task.circuit, self.task.conditions)
        return self._teacher.surrogate.predict(unit[None], features[None])

    def _stored(self, row: int) -> tuple[Parameters, Measurement]:
        return (self._pool.grid.design(self._pool.design[row]),
                measurement_of(self.task.circuit, self._pool.metrics[row]))

    def _add(self, parameters: Parameters | None, measurement: Measurement) -> None:
        turn = Turn(len(self.history), Proposal(parameters), measurement, score(measurement, self.task.specs))
        self.history = (*self.history, turn)


def lessons(trajectory: Trajectory, prompt: str = LATEST) -> Iterator[dict[str, str]]:
    """Prompt, of a version, and reply of every turn that a policy could be asked for.

    Where there is another plan it is part of a prompt, and the action that it asks for is the reply: how to act on such
    a plan is to be learnt, not to write it.
    """
    task, grid = trajectory.task, DesignGrid(trajectory.task.circuit)
    words = wording(task.circuit, prompt)
    for size, (answer, other) in enumerate(zip(trajectory.answers, trajectory.others, strict=True), 1):
        history = trajectory.history[:size]
        shown = render(task.told(), history, prompt)
        plan = partial(move_text, words.task(task), words.history(history))
        text = plan(grid.index(answer.parameters), answer.metrics)
        yield {"prompt": shown, "reply": write_reply(words.circuit, text, words.parameters(answer.parameters))}
        if other:
            text = plan(grid.index(other.named), other.answer.metrics)
            reply = write_reply(words.circuit, text, words.parameters(other.answer.parameters))
            said, ends, action = reply.partition(ANALYZE_END)
            yield {"prompt": shown + said + ends, "reply": action}
    history = trajectory.history
    if history[-1].score.passed:
        yield {"prompt": render(task.told(), history, prompt),
               "reply": write_reply(words.circuit, end_text(history), None)}


def write_lessons(trajectories: Sequence[Trajectory], path: Path, prompt: str = LATEST) -> None:
    """Append a line for each trajectory: {"turns": [{"prompt": ..., "reply": ...}, ...]}, JSON in gzip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps({"turns": list(lessons(trajectory, prompt))}) + "\n" for trajectory in trajectories)
    with path.open("ab") as file:
        file.write(gzip.compress(lines.encode(), 6))


def in_ranges_of(trajectory: Trajectory, circuit: Circuit) -> Trajectory:
    """The same designs in the circuit's other ranges."""
    return replace(trajectory, task=replace(trajectory.task, circuit=circuit))
