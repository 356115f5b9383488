"""CPU seconds of one step of supervised training with matrix products in bfloat16 and in float32, and how far the
gradients are apart: ``python -m tests.bench.bfloat16``. Alike on a CPU without units for bfloat16."""

import time
from contextlib import nullcontext
from unittest.mock import patch

import torch

from sizing_app.circuit.folder import load_circuit
from sizing_app.policy.card import prompt_of
from sizing_app.prompt.tokenizer import encode
from sizing_app.train import sft
from sizing_app.train.data import Pairs
from sizing_app.train.export import load_model
from tests.bench.training import MODELS, prompts

TRAJECTORIES, REPLY, REPEATS = 16, 100, 5


def main() -> None:
    torch.set_num_threads(1)
    model, tokenizer = load_model(MODELS / "sft")
    rows = trajectories(tokenizer, prompt_of(MODELS / "sft"))
    quick, its_gradient = best_step(model, rows)
    with patch.object(sft, "quick_products", lambda device: nullcontext()):
        exact, gradient = best_step(model, rows)
    apart = (its_gradient - gradient).norm() / gradient.norm()
    print(f"{quick:.2f} CPU s a step, in float32 {exact:.2f}, ratio {quick / exact:.2f}; gradients {apart:.1%} apart")


def trajectories(tokenizer, version: str) -> list[Pairs]:
    """A prompt a trajectory, with a reply of any words."""
    generator = torch.Generator().manual_seed(0)
    texts = prompts(load_circuit("OTA"), version, TRAJECTORIES)
    words = torch.randint(tokenizer.get_vocab_size(), (len(texts), REPLY), generator=generator)
    return [[(encode(tokenizer, text), reply.tolist())] for text, reply in zip(texts, words, strict=True)]


def best_step(model, rows: list[Pairs]) -> tuple[float, torch.Tensor]:
    """The least CPU seconds of some steps, and the gradient of one."""
    found = []
    for _ in range(REPEATS):
        model.zero_grad()
        started = time.process_time()
        sft.sft_step(model, rows)
        found.append(time.process_time() - started)
    return min(found), torch.cat([weight.grad.flatten() for weight in model.parameters()])


if __name__ == "__main__":
    main()
