"""Muon for the matrices, AdamW for embeddings, norms and an output head of its own, and the learning-rate schedules.

torch.optim.Muon computes in bfloat16, which is a hundred times slower than float32 on CPUs without such units (19 s
against 0.2 s a step for 5 M parameters), hence this one. Matrices of one shape are orthogonalized in one batch.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the quintic iteration (Jordan et al. 2024, "Muon: an optimizer for hidden layers")."""


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalized: every singular value of an update is about 1.

    Updates are scaled by 0.2 sqrt(max(rows, columns)), so that learning rate and weight decay mean what they mean for
    AdamW (Liu et al. 2025, "Muon is scalable for LLM training").
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95,
                 weight_decay: float = 0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable | None = None) -> None:
        for group in self.param_groups:
            by_shape = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for parameters in by_shape.values():
                self._update(parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _update(self, parameters: list[nn.Parameter], lr: float, momentum: float, weight_decay: float) -> None:
        directions = []
        for parameter in parameters:
            state = self.state[parameter]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(parameter)
            state["momentum"].lerp_(parameter.grad, 1 - momentum)
            directions.append(parameter.grad.lerp(state["momentum"], momentum))  # Nesterov
        scale = 0.2 * math.sqrt(max(parameters[0].shape))
        for parameter, update in zip(parameters, orthogonalize(torch.stack(directions)), strict=True):
            parameter.mul_(1 - lr * weight_decay).add_(update, alpha=-lr * scale)


def orthogonalize(matrices: Tensor, steps: int = 5) -> Tensor:
    """Nearly the closest semi-orthogonal matrices, shape (count, rows, columns), by Newton-Schulz iteration."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT.contiguous() if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = NEWTON_SCHULZ
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


def make_optimizers(model: nn.Module, lr: float) -> list[torch.optim.Optimizer]:
    """Muon over the matrices of the layers, AdamW over the rest."""
    matrices = [p for name, p in model.named_parameters()
                if p.ndim == 2 and "embed" not in name and not name.startswith("lm_head")]
    chosen = set(map(id, matrices))
    others = [p for p in model.parameters() if id(p) not in chosen]
    return [Muon(matrices, lr), torch.optim.AdamW(others, lr, betas=(0.9, 0.95), weight_decay=0.0)]


def set_learning_rate(optimizers: Iterable[torch.optim.Optimizer], lr: float) -> None:
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = lr


def cosine(step: int, steps: int, warmup: int, floor: float = 0.03) -> float:
    """Share of the peak learning rate: linear warm-up, then half a cosine down to ``floor``."""
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))


def apply_gradients(model: nn.Module, optimizers: Iterable[torch.optim.Optimizer], limit: float = 1.0) -> float:
    """Clip the gradient to norm ``limit``, step, reset; returns the norm before clipping."""
    norm = float(nn.utils.clip_grad_norm_(model.parameters(), limit))
    if math.isfinite(norm):
        for optimizer in optimizers:
            optimizer.step()
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    return norm
