"""One step of supervised training: matrix products in bfloat16 against float32 (CPU seconds, how far the gradients are
apart), and a thread a core against all cores in one product (seconds): ``python -m tests.bench.supervised``.

On a CPU without units for bfloat16 the first two are alike.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from unittest.mock import patch

import torch
from transformers import PreTrainedModel

from sizing_app.circuit.folder import load_circuit
from sizing_app.policy.card import prompt_of
from sizing_app.prompt.tokenizer import encode
from sizing_app.train import gradient, sft
from sizing_app.train.data import Pairs
from sizing_app.train.export import load_model
from tests.bench.training import MODELS, prompts

TRAJECTORIES, REPLY, REPEATS = 16, 100, 5


def main() -> None:
    model, tokenizer = load_model(MODELS / "sft")
    rows = trajectories(tokenizer, prompt_of(MODELS / "sft"))
    quick, its_gradient = best_step(model, rows, time.process_time)
    with patch.object(sft, "quick_products", lambda device: nullcontext()):
        exact, exact_gradient = best_step(model, rows, time.process_time)
    apart = (its_gradient - exact_gradient).norm() / exact_gradient.norm()
    print(f"{quick:.2f} CPU s a step, in float32 {exact:.2f}, ratio {quick / exact:.2f}; gradients {apart:.1%} apart")
    each, _ = best_step(model, rows, time.monotonic)
    with patch.object(gradient, "one_core_each", lambda device: nullcontext(1)):
        together, _ = best_step(model, rows, time.monotonic)
    print(f"{torch.get_num_threads()} cores: {each:.2f} s a step with a thread each, {together:.2f} s with all in one "
          f"product, ratio {each / together:.2f}")


def trajectories(tokenizer, version: str) -> list[Pairs]:
    """A prompt a trajectory, with a reply of any words."""
    generator = torch.Generator().manual_seed(0)
    texts = prompts(load_circuit("OTA"), version, TRAJECTORIES)
    words = torch.randint(tokenizer.get_vocab_size(), (len(texts), REPLY), generator=generator)
    return [[(encode(tokenizer, text), reply.tolist())] for text, reply in zip(texts, words, strict=True)]


def best_step(model: PreTrainedModel, rows: list[Pairs], clock: Callable[[], float]) -> tuple[float, torch.Tensor]:
    """The least seconds of some steps, and the gradient of the last one."""
    found = []
    for _ in range(REPEATS):
        model.zero_grad()
        started = clock()
        sft.sft_step(model, rows)
        found.append(clock() - started)
    return min(found), torch.cat([weight.grad.flatten() for weight in model.parameters()])


if __name__ == "__main__":
    main()
