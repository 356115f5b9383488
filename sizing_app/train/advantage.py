"""From turns to a policy gradient: the reward in training, advantages within a group, the clipped objective.

Pure functions. What tells the algorithms apart is which turns form a group; see tl_grpo.py.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from sizing_app.domain import History, Task, Turn
from sizing_app.prompt.claims import truth
from sizing_app.reward import reached
from sizing_app.train.config import RLConfig


def format_errors(turn: Turn, history: History) -> list[str]:
    """What is wrong with the form of a turn (paper, section 5.1.3), as sentences.

    Missing or wrong tags and calls (as the parser found them), an end before any design met all specs, no end after one
    did.
    """
    errors = list(turn.proposal.problems)
    if turn.proposal.finished and not reached(history):
        errors.append("The session was ended before all specs were met.")
    if not turn.proposal.finished and reached(history):
        errors.append("All specs were met, and the session was not ended.")
    return errors


def training_reward(task: Task, history: History, turn: Turn, config: RLConfig) -> float:
    """Score of the design, less a format penalty (paper, eq. 15); ours: a bonus if it meets all specs, and a penalty
    for what its analysis says and is not so. Without it the analysis decays, because the score sees only the design.

    Ending a session at the right time earns what a passing design does, so that it is never worth less than going on.
    The paper does not say what its <Design End> turn earns; this is our choice.
    """
    penalty = config.format_penalty if format_errors(turn, history) else 0.0
    if turn.proposal.finished:
        score, passed = (1.0, True) if reached(history) else (0.0, False)
    else:
        score, passed = turn.total, turn.score is not None and turn.score.passed
    untrue = 1.0 - truth(task, history, turn)
    return score + config.all_specs_bonus * passed - penalty - config.untruth_penalty * untrue


def group_advantages(rewards: Sequence[float]) -> np.ndarray:
    """Rewards normalized in their group (paper, eq. 13): (r - mean) / std; zero where all are equal."""
    rewards = np.asarray(rewards, dtype=np.float64)
    spread = rewards.std()
    if spread < 1e-9:
        return np.zeros(len(rewards))
    return (rewards - rewards.mean()) / spread


def clipped_objective(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor,
                      config: RLConfig) -> tuple[Tensor, Tensor]:
    """Objective of each token (paper, eq. 12) and whether the clip took its gradient. All tensors: (tokens,).

    min(r A, clip(r, 1 - low, 1 + high) A) with the importance ratio r = exp(new - old log-probability); no KL term.
    """
    ratio = torch.exp(logprobs - old_logprobs)
    free = ratio * advantages
    limited = ratio.clamp(1 - config.clip_low, 1 + config.clip_high) * advantages
    return torch.minimum(free, limited), limited.detach() < free.detach()
