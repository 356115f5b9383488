"""Fitting the small networks of pools/networks.py: those of the regressor and of the surrogate."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from torch import nn

from sizing_app.pools.networks import Network

BATCH, RATE = 256, 3e-3


def fit(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, steps: int, seed: int,
        last: Literal["linear", "sigmoid"], hidden: tuple[int, ...] = (128, 128)) -> tuple[Network, float]:
    """One network by AdamW on squared errors times ``weights`` (shape of ``targets``), and its held-out error.

    That is the weighted mean of the absolute error on one row in twenty, which the network never saw.
    """
    with _one_thread():
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randperm(len(inputs), generator=generator)
        held_out, seen = rows[: max(len(rows) // 20, 1)], rows[max(len(rows) // 20, 1):]
        x, y, w = (torch.as_tensor(np.asarray(array, np.float32)) for array in (inputs, targets, weights))
        network = _network((x.shape[1], *hidden, y.shape[1]), last, generator)
        optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-4)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
        for _ in range(steps):
            batch = seen[torch.randint(len(seen), (BATCH,), generator=generator)]
            loss = _mean((network(x[batch]) - y[batch]) ** 2, w[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            error = _mean((network(x[held_out]) - y[held_out]).abs(), w[held_out]).item()
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [(layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy()) for layer in layers], error


def _network(widths: tuple[int, ...], last: str, generator: torch.Generator) -> nn.Sequential:
    parts: list[nn.Module] = []
    for before, after in zip(widths[:-1], widths[1:], strict=True):
        layer = nn.Linear(before, after)
        nn.init.xavier_uniform_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
        parts += [layer, nn.Tanh()]
    return nn.Sequential(*parts[:-1], *([nn.Sigmoid()] if last == "sigmoid" else []))


def _mean(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The matrices are small: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
