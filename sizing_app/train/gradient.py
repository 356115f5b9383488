"""The gradient of a step, micro-batch by micro-batch: on a CPU each core takes its own share of them.

That is nearly as many times faster as there are cores; one micro-batch on all cores is not, since most of its products
are small (tests/bench/supervised.py).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

Batch = TypeVar("Batch")
Facts = TypeVar("Facts")


def token_budget(device: torch.device) -> int:
    """Tokens of one forward and backward pass."""
    return 65_536 if device.type == "cuda" else 2_048


def add_gradients(model: nn.Module, batches: Sequence[Batch],
                  loss_of: Callable[[Batch], tuple[Tensor, Facts]]) -> list[Facts]:
    """Add the gradient of the sum of all losses to that of the parameters; returns what ``loss_of`` tells of each
    batch besides, in their order. It is called in several threads, and the memory for a gradient is needed once a
    thread."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def share(part: Sequence[Batch]) -> tuple[list[Tensor], list[Facts]]:
        sums, told = None, []
        for batch in part:
            with torch.enable_grad():
                loss, facts = loss_of(batch)
            found = torch.autograd.grad(loss, parameters, materialize_grads=True)
            sums = list(found) if sums is None else [total.add_(one) for total, one in zip(sums, found, strict=True)]
            told.append(facts)
        return sums, told

    with one_core_each(model.device) as cores, ThreadPoolExecutor(cores) as threads:
        count = min(cores, len(batches))
        shares = list(threads.map(share, [batches[start::count] for start in range(count)]))
    for gradients, _ in shares:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
    return [shares[place % count][1][place // count] for place in range(len(batches))]


@contextmanager
def one_core_each(device: torch.device) -> Iterator[int]:
    """How many threads to compute in, each on one core of the CPU; on a GPU one."""
    cores = torch.get_num_threads()
    if device.type != "cpu":
        yield 1
        return
    torch.set_num_threads(1)
    try:
        yield cores
    finally:
        torch.set_num_threads(cores)
