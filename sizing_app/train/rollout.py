"""Groups of turns, many at once: sample replies, parse, simulate, score.

Every turn is finished by session.take_turn, as in app and evaluation, with a policy that has its proposal at hand.
Only the writing is batched: one call of the sampler for all histories, then all simulations on all workers.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer

from sizing_app.prompt.compact import render
from sizing_app.prompt.parser import parse_reply
from sizing_app.prompt.tokenizer import encode
from sizing_app.session.events import TurnFinished
from sizing_app.session.loop import initial_turn, take_turn
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator, StopSignal
from sizing_app.task.reward import best_reward, reached
from sizing_app.task.turn import History, Proposal, Turn, latest_turn
from sizing_app.train.sampler import Sample, Sampler

Situation = tuple[Task, History]
THREADS = 64
"""Turns that wait for a simulator at the same time."""
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


@dataclass(frozen=True)
class _Written:
    """A policy whose proposal is there already."""

    proposal: Proposal
    name: str = "training"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Proposal]:
        yield self.proposal


class Rollouts:
    """Samples and simulates; counts the seconds of both and the turn-level rollouts."""

    def __init__(self, sampler: Sampler, tokenizer: Tokenizer, simulator: Simulator, latest_only: bool = False):
        """``latest_only``: prompts show the latest turn instead of the whole history."""
        self.sampler, self.tokenizer, self.simulator = sampler, tokenizer, simulator
        self.latest_only = latest_only
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rollout")
        self.reset()

    def reset(self) -> None:
        self.sampling = self.simulating = 0.0
        self.count = 0

    def start(self, tasks: Sequence[Task]) -> list[Situation]:
        """Simulate the initial designs."""
        started = time.monotonic()
        turns = list(self._threads.map(lambda task: initial_turn(task, self.simulator), tasks))
        self.simulating += time.monotonic() - started
        return [(task, (turn,)) for task, turn in zip(tasks, turns, strict=True)]

    def groups(self, situations: Sequence[Situation], count: int, generator: torch.Generator) -> list[Group]:
        """``count`` turns from each history: the batched form of session.sample_group."""
        started = time.monotonic()
        shown = [latest_turn(history) if self.latest_only else history for _, history in situations]
        prompts = [encode(self.tokenizer, render(task.told(), history))
                   for (task, _), history in zip(situations, shown, strict=True)]
        samples = self.sampler.sample(prompts, count, generator, [task.circuit for task, _ in situations])
        jobs = [(task, history, self._proposal(task, sample))
                for (task, history), group in zip(situations, samples, strict=True) for sample in group]
        written = time.monotonic()
        turns = list(self._threads.map(lambda job: finish_turn(*job, self.simulator), jobs))
        self.sampling += written - started
        self.simulating += time.monotonic() - written
        self.count += len(turns)
        return [Group(task, history, seen, tuple(prompt), tuple(turns[place * count:(place + 1) * count]))
                for place, ((task, history), seen, prompt) in enumerate(zip(situations, shown, prompts, strict=True))]

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _proposal(self, task: Task, sample: Sample) -> Proposal:
        """The parsed reply, with the tokens it was sampled as."""
        complete = sample.tokens[-1] == self.sampler.end_token
        text = self.tokenizer.decode(sample.tokens[:-1] if complete else sample.tokens, skip_special_tokens=False)
        proposal = parse_reply(text, task.circuit)
        problems = proposal.problems if complete else (*proposal.problems, CUT.format(len(sample.tokens)))
        return replace(proposal, problems=problems, tokens=sample.tokens, logprobs=sample.logprobs)


def finish_turn(task: Task, history: History, proposal: Proposal, simulator: Simulator) -> Turn:
    """Simulate and score a proposal, as in every session."""
    events = take_turn(task, history, _Written(proposal), simulator, threading.Event())
    return next(event.turn for event in events if isinstance(event, TurnFinished))


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


def goes_on(task: Task, history: History) -> bool:
    """Whether a session would take another turn: the policy has not ended it, and the budget is not spent."""
    return not history[-1].proposal.finished and history[-1].index < task.budget


def outcome(histories: Sequence[History]) -> dict[str, float]:
    """Mean best reward of trajectories (paper, eq. 5), the share that met all specs, and the turns they took."""
    best = [best_reward(history) for history in histories]
    taken = [sum(1 for turn in history if turn.index > 0 and turn.measurement is not None) for history in histories]
    return {"best": sum(best) / len(best), "passed": sum(map(reached, histories)) / len(histories),
            "simulations": sum(taken) / len(taken)}
