"""From turns to a policy gradient: the reward in training, advantages of tokens, the clipped objective.

Pure functions; those without tensors are in sizing_app/task/advantage.py. What tells the algorithms apart is what forms
a group; see algorithms.py.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from sizing_app.task import advantage
from sizing_app.task.advantage import format_errors, group_advantages
from sizing_app.task.turn import History, Turn
from sizing_app.train.config import RLConfig

__all__ = ["by_token", "clipped_objective", "format_errors", "group_advantages", "training_reward"]


def training_reward(turn: Turn, history: History, config: RLConfig) -> float:
    """sizing_app.task.advantage.training_reward with the penalty and the bonus of ``config``."""
    return advantage.training_reward(turn, history, format_penalty=config.format_penalty,
                                     all_specs_bonus=config.all_specs_bonus)


def by_token(tokens: Sequence[int], close: int | None, analysis: float, action: float) -> tuple[float, ...]:
    """One advantage for every token: of the analysis up to the token ``close`` that ends it, then of the action.

    A reply whose analysis is not closed is judged by its action, which is none; one in a form without such a token
    (``close`` is None) as a whole.
    """
    size = tokens.index(close) + 1 if close in tokens else 0
    return (float(analysis),) * size + (float(action),) * (len(tokens) - size)


def clipped_objective(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor,
                      config: RLConfig) -> tuple[Tensor, Tensor]:
    """Objective of each token (paper, eq. 12) and whether the clip took its gradient. All tensors: (tokens,).

    min(r A, clip(r, 1 - low, 1 + high) A) with the importance ratio r = exp(new - old log-probability); no KL term.
    """
    ratio = torch.exp(logprobs - old_logprobs)
    free = ratio * advantages
    limited = ratio.clamp(1 - config.clip_low, 1 + config.clip_high) * advantages
    return torch.minimum(free, limited), limited.detach() < free.detach()
