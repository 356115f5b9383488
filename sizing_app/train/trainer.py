"""The reinforcement learning loop that every algorithm shares: sample, update, log, validate, save.

An algorithm (step.py: tl_grpo, and those of algorithms.py) says which histories are sampled from, and which advantage
every sampled token gets. The update and the objective (step.py) are the same for all.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn
from torch.optim.swa_utils import AveragedModel

from sizing_app.prompt.claims import truth
from sizing_app.task.definition import Task
from sizing_app.train.config import RLConfig
from sizing_app.train.data import batch_of
from sizing_app.train.optim import make_optimizers, set_learning_rate
from sizing_app.train.rollout import Rollouts, outcome, play
from sizing_app.train.run_folder import Clock, RunFolder, StepLog, generator, load_checkpoint, save_checkpoint
from sizing_app.train.step import Collect, Collected, update

VALIDATION_KEY = 2 ** 31
"""Stands where a training step has its number, so that validation draws the same numbers every time."""


@dataclass
class Progress:
    """Where a run stands; saved with the weights."""

    step: int = 0
    seconds: float = 0.0
    rollouts: int = 0
    best: tuple[float, ...] = (-1.0, -1.0)
    """(passed, best, minus the simulations) of the best validation."""


class Trainer:
    """One reinforcement learning stage of a run. Start from the weights that ``model`` has, or from its checkpoint.

    What is validated and kept is a mean of the weights over all steps that leans to the latest ones (polynomial-decay
    averaging, Shamir and Zhang 2013): a step from few queries is mostly noise. Not in the paper.
    """

    def __init__(self, stage: str, collect: Collect, model: nn.Module, rollouts: Rollouts, config: RLConfig,
                 run: RunFolder, seed: int, report: Callable[[str], None] = print):
        self.stage, self.collect, self.model, self.rollouts = stage, collect, model, rollouts
        self.config, self.run, self.seed, self.report = config, run, seed, report
        self.optimizers = make_optimizers(model, config.learning_rate)
        self.average = AveragedModel(model, avg_fn=lambda mean, weights, count: mean + (weights - mean) * (
            config.averaging + 1) / (config.averaging + count + 1))
        self.average.update_parameters(model)
        self.progress = Progress()
        if run.checkpoint(stage).exists():
            facts = load_checkpoint(run.checkpoint(stage), model, self.optimizers)
            self.average.load_state_dict(facts.pop("average"))
            self.progress = Progress(**facts)

    @property
    def complete(self) -> bool:
        """Whether ``config.steps`` were taken, or ``config.rollouts`` spent."""
        spent = self.config.rollouts is not None and self.progress.rollouts >= self.config.rollouts
        return spent or self.progress.step >= self.config.steps

    def last_step(self) -> int:
        """Steps in all, as far as it can be told: as many as are asked for, or as ``config.rollouts`` pay for."""
        config, progress = self.config, self.progress
        if config.rollouts is None:
            return config.steps
        return min(config.steps, math.ceil(progress.step * max(1.0, config.rollouts / progress.rollouts)))

    def train(self, tasks: Sequence[Task], validation: Sequence[Task], clock: Clock) -> bool:
        """Go on until it is complete; False if the time ran out before."""
        progress = self.progress
        slowest = progress.seconds / progress.step if progress.step else 5.0
        if self.complete:
            if not self.run.checkpoint(self.stage).exists():
                self.save()
            return True
        log = StepLog(self.run.log_path(self.stage), progress.step)
        while not self.complete and not clock.over(2.5 * slowest + 5):
            started, before = time.monotonic(), progress.seconds
            entry = {"step": progress.step, **self.step(tasks)}
            progress.step += 1
            progress.seconds = before + time.monotonic() - started
            if validation and (progress.step % self.config.validate_every == 0 or self.complete):
                entry |= self.validate(validation)
            seconds = time.monotonic() - started
            slowest = max(0.95 * slowest, seconds)
            progress.seconds = before + seconds
            log.write({**entry, "seconds": seconds})
            self.report(_progress_line(self.stage, entry, self.last_step(), seconds))
            if clock.save_is_due():
                self.save()
        self.save()
        return self.complete

    def step(self, tasks: Sequence[Task]) -> dict[str, float]:
        """Sample for one batch of queries and update on it."""
        config, number = self.config, self.progress.step
        chosen = [tasks[index] for index in batch_of(number, config.queries, len(tasks), self.seed)]
        self.rollouts.reset()
        collected = self.collect(chosen, self.rollouts, config, generator(self.model.device, self.seed, number))
        self.progress.rollouts += self.rollouts.count
        started = time.monotonic()
        set_learning_rate(self.optimizers, config.learning_rate * min(1.0, (number + 1) / config.warmup))
        updates = update(self.model, self.optimizers, collected.rows, collected.blocks, config,
                         np.random.default_rng((self.seed, number)), self.rollouts.sampler.form)
        self.average.update_parameters(self.model)
        return {**summary(collected), "rollouts": self.rollouts.count, **updates,
                "sampling_seconds": self.rollouts.sampling, "simulating_seconds": self.rollouts.simulating,
                "updating_seconds": time.monotonic() - started}

    def validate(self, tasks: Sequence[Task]) -> dict[str, float]:
        """Play the held-out queries once with the mean weights; keep them if none were better before."""
        sampler = self.rollouts.sampler
        before = sampler.model, sampler.temperature
        sampler.model, sampler.temperature = self.average.module, self.config.sampling_temperature
        try:
            same = generator(self.model.device, self.seed, VALIDATION_KEY)
            played, trajectories = play(tasks, self.rollouts, 1, same)
        finally:
            sampler.model, sampler.temperature = before
        found = outcome(trajectories) | {"truth": _mean(
            truth(group.task, group.shown, turn) for groups in played for group in groups for turn in group.turns)}
        result = (found["passed"], found["best"], -found["simulations"])
        if result > tuple(self.progress.best):
            self.progress.best = result
            save_checkpoint(self.run.checkpoint(f"{self.stage}-best"), self.average.module, (), step=self.progress.step,
                            seconds=self.progress.seconds, rollouts=self.progress.rollouts, **found)
        return {f"validation_{name}": value for name, value in found.items()}

    def save(self) -> None:
        save_checkpoint(self.run.checkpoint(self.stage), self.model, self.optimizers,
                        average=self.average.state_dict(), **vars(self.progress))


def load_mean(path: Path, model: nn.Module) -> dict:
    """Load the mean weights of a stage that a Trainer saved in ``path``; returns the Progress that was saved too."""
    average, facts = AveragedModel(model), load_checkpoint(path, model)
    average.load_state_dict(facts.pop("average"))
    model.load_state_dict(average.module.state_dict())
    return facts


def summary(collected: Collected) -> dict[str, float]:
    """What the curves show: rewards, format, lengths and spread over all sampled turns; outcome of the trajectories."""
    return {"reward": _mean(collected.rewards),
            "score": _mean(turn.reward for turn in collected.turns if turn.measurement is not None),
            **outcome(collected.trajectories), "truth": _mean(collected.truths),
            "format_errors": _mean(collected.flawed),
            "response_tokens": _mean(len(turn.proposal.tokens) for turn in collected.turns),
            "group_spread": _mean(collected.spreads), "groups": len(collected.spreads),
            "dropped": collected.dropped}


def _mean(values) -> float:
    values = list(values)
    return float(np.mean(values)) if values else 0.0


def _progress_line(stage: str, entry: dict, steps: int, seconds: float) -> str:
    shown = [name for name in ("best", "passed", "truth") if f"validation_{name}" in entry]
    validation = "".join(f", validation {name} {entry[f'validation_{name}']:.3f}" for name in shown)
    left = (steps - entry["step"] - 1) * seconds / 60
    return (f"{stage} {entry['step'] + 1}/{steps}: reward {entry['reward']:.3f}, best {entry['best']:.3f}, "
            f"passed {entry['passed']:.2f}, true {entry['truth']:.2f}, entropy {entry['entropy']:.3f}, "
            f"{entry['response_tokens']:.0f} tokens, format errors {entry['format_errors']:.3f}, "
            f"dropped {entry['dropped']:.2f}{validation}; "
            f"{entry['sampling_seconds']:.1f} + {entry['simulating_seconds']:.1f} + {entry['updating_seconds']:.1f} s, "
            f"about {left:.0f} min left")
