"""What a trained policy has to beat: a regression from targets and conditions to sizes.

It knows everything that the teacher knows and uses no feedback. Its format is that of policy/regressor.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sizing_app.domain import Circuit, Task
from sizing_app.policy.regressor import features
from sizing_app.pools import Pool, centroid
from sizing_app.train.queries import synthesize

NETWORKS, HIDDEN = 5, (128, 128)
BATCH, EPOCHS, RATE = 256, 60, 3e-3
NEAREST = 20
"""Designs whose centre a network learns to propose, as the teacher does."""


def teacher_pairs(circuit: Circuit, pool: Pool, count: int, tight_share: float,
                  rng: np.random.Generator) -> tuple[list[Task], np.ndarray]:
    """Synthesized queries and the unit-cube centres of the best designs for them; the centres are not simulated."""
    tasks = [synthesize(circuit, pool, rng, tight_share) for _ in range(count)]
    answers = [centroid(pool, pool.index_of(task.conditions), task.specs, NEAREST) for task in tasks]
    return tasks, np.array(answers, dtype=np.float32)


def build_mlp(circuit: Circuit, pool: Pool, path: Path, rng: np.random.Generator, count: int = 20_000,
              tight_share: float = 0.4, report: Callable[[str], None] = print) -> float:
    """Train an ensemble on ``count`` teacher answers; returns the mean error on held-out ones, in the unit cube."""
    tasks, answers = teacher_pairs(circuit, pool, count, tight_share, rng)
    inputs = np.array([features(task) for task in tasks])
    arrays, errors = {}, []
    for number in range(NETWORKS):
        with _one_thread():
            layers, error = _fit(inputs, answers, seed=number)
        errors.append(error)
        report(f"{circuit.name}: network {number + 1} of {NETWORKS}, held-out error {error:.4f}")
        for place, (weights, bias) in enumerate(layers):
            arrays[f"w{number}_{place}"] = weights.astype(np.float16)
            arrays[f"b{number}_{place}"] = bias.astype(np.float16)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    return float(np.mean(errors))


@contextmanager
def _one_thread() -> Iterator[None]:
    """The matrices are small: threads would only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _fit(inputs: np.ndarray, answers: np.ndarray, seed: int) -> tuple[list[tuple[np.ndarray, np.ndarray]], float]:
    """One network (tanh, sigmoid at the end) by AdamW on mean squared error: its layers, and its held-out error."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    held_out = max(len(inputs) // 20, 1)
    x, y = torch.tensor(inputs), torch.tensor(answers)
    widths = [x.shape[1], *HIDDEN, y.shape[1]]
    layers = [torch.nn.Linear(before, after) for before, after in zip(widths[:-1], widths[1:], strict=True)]
    for layer in layers:
        torch.nn.init.xavier_uniform_(layer.weight, generator=generator)
        torch.nn.init.zeros_(layer.bias)
    network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2], torch.nn.Sigmoid())
    steps = EPOCHS * (len(x) - held_out) // BATCH + 1
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(steps):
        rows = torch.randint(held_out, len(x), (BATCH,), generator=generator)
        loss = torch.nn.functional.mse_loss(network(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        error = (network(x[:held_out]) - y[:held_out]).abs().mean().item()
    return [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in layers], error

