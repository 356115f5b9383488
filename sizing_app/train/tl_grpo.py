"""TL-GRPO (paper, section 4 and algorithm 1): groups of turns from every history of one trajectory.

For each query one trajectory is played with the old policy; it is split at each of its T turns, and G actions are
sampled from each of the T histories. The trajectory's own action is the first of the G: it is a sample from the same
distribution as the others, so a query costs T x G turn-level rollouts, as it does with trajectory-level GRPO.

Differences from the paper, all of them ours: a bonus for designs that meet every spec, a penalty for what an analysis
says and is not so, and what <Design End> earns (advantage.py); a group without spread is dropped (as DAPO does);
sampling without top-p (sampler.py).
"""

from collections.abc import Sequence

import numpy as np
import torch

from sizing_app.domain import Task
from sizing_app.train.advantage import group_advantages, training_reward
from sizing_app.train.config import RLConfig
from sizing_app.train.rollout import Rollouts, play
from sizing_app.train.trainer import Collected, Step

NAME = "tl-grpo"


def collect(tasks: Sequence[Task], rollouts: Rollouts, config: RLConfig, generator: torch.Generator) -> Collected:
    """Play one trajectory a query with a group at each of its turns; then advantages within each group."""
    groups, trajectories = play(tasks, rollouts, config.group, generator)
    rows, spreads = [], []
    for group in groups:
        rewards = [training_reward(group.task, group.history, turn, config) for turn in group.turns]
        spreads.append(float(np.std(rewards)))
        if spreads[-1] >= config.min_spread:
            rows.append([Step(group.prompt, turn.proposal.tokens, turn.proposal.logprobs, float(advantage))
                         for turn, advantage in zip(group.turns, group_advantages(rewards), strict=True)])
    return Collected(rows, groups, trajectories, spreads)
