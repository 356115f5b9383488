"""Groups of turns, many at once: sample replies, parse, simulate, score.

Every proposal is admitted, simulated and judged by session/turn.py, as in app and evaluation. Only the writing is
batched: one call of the sampler for all histories, then all simulations on all seats.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from sizing_app.session.loop import goes_on
from sizing_app.session.turn import admit, finish
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator
from sizing_app.task.reward import best_reward, reached
from sizing_app.task.turn import History, Proposal, Turn, latest_turn
from sizing_app.train.dialogue import Dialogue
from sizing_app.train.sampler import Sample, Sampler

Situation = tuple[Task, History]
CUT = "The reply was cut after {} tokens."


@dataclass(frozen=True)
class Group:
    """Turns sampled from one history. Their proposals hold token ids and log-probabilities."""

    task: Task
    history: History
    shown: History
    """What the prompt shows of it."""
    prompt: tuple[int, ...]
    turns: tuple[Turn, ...]


class Rollouts:
    """Samples and simulates; counts the seconds of both and the turn-level rollouts."""

    def __init__(self, sampler: Sampler, dialogue: Dialogue, simulator: Simulator, latest_only: bool = False):
        """``latest_only``: prompts show the latest turn instead of the whole history."""
        self.sampler, self.dialogue, self.simulator = sampler, dialogue, simulator
        self.latest_only = latest_only
        self.reset()

    def reset(self) -> None:
        self.sampling = self.simulating = 0.0
        self.count = 0

    def start(self, tasks: Sequence[Task]) -> list[Situation]:
        """Simulate the initial designs; that of a task that is there several times once."""
        started = time.monotonic()
        different = {id(task): task for task in tasks}
        turns = finish([(task, (), Proposal(task.initial)) for task in different.values()], self.simulator)
        first = dict(zip(different, turns, strict=True))
        self.simulating += time.monotonic() - started
        return [(task, (first[id(task)],)) for task in tasks]

    def groups(self, situations: Sequence[Situation], count: int, generator: torch.Generator) -> list[Group]:
        """``count`` turns from each history: what session/loop.py: sample_turns does for one, for many at once."""
        started = time.monotonic()
        shown = [latest_turn(history) if self.latest_only else history for _, history in situations]
        prompts = [self.dialogue.prompt(task, history) for (task, _), history in zip(situations, shown, strict=True)]
        circuits = [self.dialogue.circuit(task) for task, _ in situations]
        samples = self.sampler.sample(prompts, count, generator, circuits)
        asked = [(task, history, admit(task, seen, self._proposal(task, sample)))
                 for (task, history), seen, group in zip(situations, shown, samples, strict=True) for sample in group]
        written = time.monotonic()
        turns = list(finish(asked, self.simulator))
        self.sampling += written - started
        self.simulating += time.monotonic() - written
        self.count += len(turns)
        return [Group(task, history, seen, tuple(prompt), tuple(turns[place * count:(place + 1) * count]))
                for place, ((task, history), seen, prompt) in enumerate(zip(situations, shown, prompts, strict=True))]

    def _proposal(self, task: Task, sample: Sample) -> Proposal:
        """The parsed reply, with the tokens it was sampled as."""
        complete = sample.tokens[-1] == self.sampler.end_token
        proposal = self.dialogue.proposal(task, sample.tokens[:-1] if complete else sample.tokens)
        problems = proposal.problems if complete else (*proposal.problems, CUT.format(len(sample.tokens)))
        return replace(proposal, problems=problems, tokens=sample.tokens, logprobs=sample.logprobs)


def play(tasks: Sequence[Task], rollouts: Rollouts, size: int,
         generator: torch.Generator) -> tuple[list[list[Group]], list[History]]:
    """Play one trajectory a task, all in lockstep, and sample ``size`` turns from each of its histories.

    The first turn of a group is the trajectory's own, so that T turns cost T x ``size`` turn-level rollouts. With
    size 1 this is plain sampling of trajectories. Returns the groups of each task, turn by turn, and the trajectories.
    """
    groups: list[list[Group]] = [[] for _ in tasks]
    histories = [history for _, history in rollouts.start(tasks)]
    going = list(range(len(tasks)))
    while going:
        new = rollouts.groups([(tasks[place], histories[place]) for place in going], size, generator)
        for place, group in zip(going, new, strict=True):
            histories[place] = (*group.history, group.turns[0])
            groups[place].append(group)
        going = [place for place in going if goes_on(tasks[place], histories[place])]
    return groups, histories


def outcome(histories: Sequence[History]) -> dict[str, float]:
    """Mean best reward of trajectories (paper, eq. 5), the share that met all specs, and the simulations after the
    start."""
    best = [best_reward(history) for history in histories]
    taken = [sum(turn.simulations for turn in history if turn.index > 0) for history in histories]
    return {"best": sum(best) / len(best), "passed": sum(map(reached, histories)) / len(histories),
            "simulations": sum(taken) / len(taken)}
