"""One step of TL-GRPO (paper, section 4, algorithm 1) on one page: from queries to a gradient.

    play            one trajectory a query, G replies from each of its histories, every one simulated  (rollout.py)
    credit          what each earns: the reward of its design, less a penalty for its form, plus a bonus where all
                    specs are met                                                                       (eq. 15)
    compare         advantages within the group of one history: (r - mean) / std                        (eq. 13)
    update          clipped policy gradient over the tokens of all replies                              (eq. 12)

The other algorithms (algorithms.py) differ in what is compared; the loop over steps is in trainer.py. What is left out
of GRPO, and why: the KL term and with it the reference model (eq. 12 has none: the clip holds a step near the policy
that sampled); the value network (the group is the baseline); the mean within each reply before that over replies (it
weighs a word of a short reply more; the mean is over tokens, as in DAPO); groups without spread (nothing can be learnt
from them). What is not in the paper: an analysis is credited with its truth instead of the reward
(RLConfig.credit_truth); replies of one history share the computation of their prompt (tree.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import nn

from sizing_app.prompt.claims import truth
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Turn
from sizing_app.train.advantage import (by_token, clipped_objective, format_errors, group_advantages,
                                        training_reward)
from sizing_app.train.config import RLConfig
from sizing_app.train.form import Form
from sizing_app.train.gradient import add_gradients, token_budget
from sizing_app.train.optim import apply_gradients
from sizing_app.train.rollout import Group, Rollouts, play
from sizing_app.train.tree import collate, micro_batches, pack, reply_logprobs


@dataclass
class Sampled:
    """A sampled turn: its reward, less ``penalty`` if its form is wrong, and the advantages of its two parts."""

    group: Group
    turn: Turn
    reward: float
    penalty: float
    truth: float
    analysis: float = 0.0
    action: float = 0.0


@dataclass(frozen=True)
class Step:
    """One sampled reply with the advantage of each of its tokens."""

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    advantages: tuple[float, ...]


@dataclass(frozen=True)
class Collected:
    """What an algorithm sampled in one training step."""

    rows: list[list[Step]]
    """Steps whose prompts share a beginning, so that they are computed together; those without any advantage are left
    out."""
    blocks: list[int]
    """Of each row: rows of one number are compared with each other."""
    turns: list[Turn]
    """All sampled turns; the next three lists say of each what it earned, how true it is, whether its form is wrong."""
    rewards: list[float]
    truths: list[float]
    flawed: list[bool]
    trajectories: list[History]
    """For the curves."""
    spreads: list[float]
    """Standard deviation of the rewards in each comparison, dropped ones too."""
    dropped: float
    """Share of the rows that were left out."""


Collect = Callable[[Sequence[Task], Rollouts, RLConfig, torch.Generator], Collected]
"""An algorithm: what is sampled for some queries."""


def tl_grpo(tasks: Sequence[Task], rollouts: Rollouts, config: RLConfig, generator: torch.Generator) -> Collected:
    """Turn-level GRPO: G turns from each history of ONE trajectory a query.

    A[t, g] = normalized over g of r[t, g] (eq. 13). The trajectory's own turn is the first of its group: it is a sample
    from the same distribution as the others.
    """
    played, trajectories = play(tasks, rollouts, config.group, generator)
    rows = [credit(group, config) for group in chain.from_iterable(played)]
    spreads = [compare([[turn] for turn in row], [turn.reward for turn in row], config) for row in rows]
    return collected(rows, spreads, trajectories, rollouts)


def credit(group: Group, config: RLConfig) -> list[Sampled]:
    """What every turn of a group earns (task/advantage.py), and how true its analysis is (prompt/claims.py)."""
    return [Sampled(group, turn, training_reward(turn, group.history, config),
                    config.format_penalty if format_errors(turn, group.history) else 0.0,
                    truth(group.task, group.shown, turn)) for turn in group.turns]


def compare(members: Sequence[Sequence[Sampled]], rewards: Sequence[float], config: RLConfig) -> float:
    """Give every turn of a member the member's advantage among all members; returns the spread of the rewards."""
    actions = analyses = group_advantages(rewards, config.min_spread, config.divide_by)
    if config.credit_truth:
        truths = [float(np.mean([turn.truth for turn in member])) for member in members]
        analyses = group_advantages(truths, config.min_spread, config.divide_by)
        actions = actions + config.truth_in_action * analyses
    for member, analysis, action in zip(members, analyses, actions, strict=True):
        for turn in member:
            turn.analysis, turn.action = float(analysis), float(action)
    return float(np.std(rewards))


def update(model: nn.Module, optimizers: Sequence[torch.optim.Optimizer], rows: Sequence[Sequence[Step]],
           blocks: Sequence[int], config: RLConfig, rng: np.random.Generator,
           form: Form | None = None) -> dict[str, float]:
    """``config.updates`` gradient steps, each on its own share of the blocks of rows (see Collected); the mean is over
    tokens (DAPO).

    ``form``: that of the sampler, so that old and new log-probabilities are of the same choices.
    ``ratio_error`` is the largest |new - old| log-probability before the first step: how sampler and trainer differ.
    """
    packed = [pack([(step.prompt, step.tokens) for step in row]) for row in rows]
    old = [np.concatenate([step.logprobs for step in row]) for row in rows]
    advantages = [np.concatenate([step.advantages for step in row]) for row in rows]
    told, norms = [], []
    for numbers in np.array_split(rng.permutation(np.unique(blocks)), config.updates):
        part = np.flatnonzero(np.isin(blocks, numbers))
        tokens = sum(len(old[index]) for index in part)

        def loss_of(batch: Sequence[int], part=part, tokens=tokens) -> tuple[torch.Tensor, dict[str, float]]:
            chosen = [part[place] for place in batch]
            before, gain = (_flat([table[index] for index in chosen], model.device) for table in (old, advantages))
            allowed = form and torch.cat([form.masks(step.tokens) for index in chosen for step in rows[index]])
            logprobs, entropy = reply_logprobs(model, collate([packed[index] for index in chosen], model.device),
                                               config.temperature, allowed)
            objective, clipped = clipped_objective(logprobs, before, gain, config)
            facts = {"objective": float(objective.detach().sum()), "entropy": float(entropy.sum()),
                     "clip_share": float(clipped.sum()), "ratio_error": float((logprobs.detach() - before).abs().max())}
            return -objective.sum() / tokens, facts

        if tokens:
            batches = list(micro_batches([len(packed[index]) for index in part], token_budget(model.device)))
            told.append(add_gradients(model, batches, loss_of))
            norms.append(apply_gradients(model, optimizers))
    total = max(1, sum(map(len, old)))
    means = {name: sum(facts[name] for step in told for facts in step) / total
             for name in ("objective", "entropy", "clip_share")}
    return {**means, "gradient_norm": float(np.mean(norms or [0.0])),
            "ratio_error": max((facts["ratio_error"] for facts in chain.from_iterable(told[:1])), default=0.0)}


def collected(rows: Sequence[Sequence[Sampled]], spreads: list[float], trajectories: list, rollouts: Rollouts,
              block: int = 1) -> Collected:
    """Rows (turns whose prompts share a beginning) as the trainer wants them; ``block`` of them that follow each other
    are compared with each other."""
    kept = [place for place, row in enumerate(rows) if any(turn.analysis or turn.action for turn in row)]
    steps = [[_step(turn, rollouts.dialogue.close) for turn in rows[place]] for place in kept]
    turns = list(chain.from_iterable(rows))
    return Collected(steps, [place // block for place in kept], [turn.turn for turn in turns],
                     [turn.reward for turn in turns], [turn.truth for turn in turns],
                     [turn.penalty > 0 for turn in turns], trajectories, spreads, 1 - len(kept) / max(1, len(rows)))


def _step(sampled: Sampled, close: int | None) -> Step:
    tokens = sampled.turn.proposal.tokens
    return Step(sampled.group.prompt, tokens, sampled.turn.proposal.logprobs,
                by_token(tokens, close, sampled.analysis, sampled.action))


def _flat(parts: Sequence[np.ndarray], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.concatenate(parts)).float().to(device)
