"""TL-GRPO (paper, section 4 and algorithm 1): groups of turns from every history of one trajectory.

For each query one trajectory is played with the old policy; it is split at each of its T turns, and G actions are
sampled from each of the T histories. The trajectory's own action is the first of the G: it is a sample from the same
distribution as the others, so a query costs T x G turn-level rollouts, as it does with trajectory-level GRPO.

Differences from the paper, all of them ours: the analysis is credited with what is true of it, and the design's reward
goes to the action alone (RLConfig.credit_truth); a bonus for designs that meet every spec, and what <Design End> earns
(advantage.py); a group without spread is dropped (as DAPO does); sampling without top-p (sampler.py).
"""

from collections.abc import Sequence

import numpy as np
import torch

from sizing_app.domain import Task
from sizing_app.prompt.claims import truth
from sizing_app.prompt.parser import ANALYZE_END
from sizing_app.train.advantage import by_token, group_advantages, training_reward
from sizing_app.train.config import RLConfig
from sizing_app.train.rollout import Rollouts, play
from sizing_app.train.trainer import Collected, Step

NAME = "tl-grpo"


def collect(tasks: Sequence[Task], rollouts: Rollouts, config: RLConfig, generator: torch.Generator) -> Collected:
    """Play one trajectory a query with a group at each of its turns; then advantages within each group."""
    groups, trajectories = play(tasks, rollouts, config.group, generator)
    close, rows, spreads = rollouts.tokenizer.token_to_id(ANALYZE_END), [], []
    for group in groups:
        rewards = [training_reward(turn, group.history, config) for turn in group.turns]
        spreads.append(float(np.std(rewards)))
        actions = analyses = group_advantages(rewards, config.min_spread)
        if config.credit_truth:
            truths = [truth(group.task, group.history, turn) for turn in group.turns]
            analyses = group_advantages(truths, config.min_spread)
        if actions.any() or analyses.any():
            rows.append([Step(group.prompt, turn.proposal.tokens, turn.proposal.logprobs,
                              by_token(turn.proposal.tokens, close, analysis, action))
                         for turn, analysis, action in zip(group.turns, analyses, actions, strict=True)])
    return Collected(rows, groups, trajectories, spreads)
