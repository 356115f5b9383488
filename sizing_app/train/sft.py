"""Supervised training: next-token loss on the teacher's replies, a trajectory a row (tree.py)."""

import math
import time
from collections.abc import Callable, Sequence

import torch
from torch import nn

from sizing_app.train.config import SFTConfig
from sizing_app.train.data import Lessons, Pairs, batch_of
from sizing_app.train.gradient import add_gradients, token_budget
from sizing_app.train.model import quick_products
from sizing_app.train.optim import apply_gradients, cosine, make_optimizers, set_learning_rate
from sizing_app.train.run_folder import Clock, RunFolder, StepLog, load_checkpoint, save_checkpoint
from sizing_app.train.tree import collate, micro_batches, pack, reply_logprobs

STAGE = "sft"


def train_sft(model: nn.Module, data: Lessons, config: SFTConfig, run: RunFolder, seed: int, clock: Clock,
              report: Callable[[str], None] = print) -> bool:
    """Train from the run's checkpoint, if it has one, to ``config.steps``; False if the time ran out before."""
    optimizers = make_optimizers(model, config.learning_rate)
    step, seconds, validation = 0, 0.0, None
    if run.checkpoint(STAGE).exists():
        facts = load_checkpoint(run.checkpoint(STAGE), model, optimizers)
        step, seconds, validation = facts["step"], facts["seconds"], facts["validation"]
    if step >= config.steps:
        return True
    log = StepLog(run.log_path(STAGE), step)
    slowest = seconds / step if step else 1.0
    while step < config.steps and not clock.over(3 * slowest + 5):
        started = time.monotonic()
        rate = config.learning_rate * cosine(step, config.steps, config.warmup)
        set_learning_rate(optimizers, rate)
        chosen = [data.training[index] for index in batch_of(step, config.batch, len(data.training), seed)]
        loss, tokens = sft_step(model, chosen)
        norm = apply_gradients(model, optimizers)
        step += 1
        entry = {"step": step - 1, "loss": loss, "gradient_norm": norm, "learning_rate": rate, "reply_tokens": tokens}
        if step % config.validate_every == 0 or step == config.steps:
            validation = validate_sft(model, data.validation)
            entry |= {f"validation_{name}": value for name, value in validation.items()}
        seconds += time.monotonic() - started
        slowest = max(0.9 * slowest, time.monotonic() - started)
        entry["seconds"] = time.monotonic() - started
        log.write(entry)
        if step % 25 == 0 or step == config.steps:
            left = (config.steps - step) * entry["seconds"] / 60
            report(f"sft {step}/{config.steps}: loss {loss:.4f}, validation "
                   f"{'-' if validation is None else format(validation['loss'], '.4f')}, "
                   f"{tokens / entry['seconds']:.0f} reply tokens/s, about {left:.0f} min left")
        if clock.save_is_due():
            save_checkpoint(run.checkpoint(STAGE), model, optimizers, step=step, seconds=seconds, validation=validation)
    save_checkpoint(run.checkpoint(STAGE), model, optimizers, step=step, seconds=seconds, validation=validation)
    return step >= config.steps


def is_complete(config: SFTConfig, run: RunFolder) -> bool:
    """Whether the run's checkpoint has taken all steps."""
    path = run.checkpoint(STAGE)
    return path.exists() and torch.load(path, map_location="cpu", weights_only=True)["step"] >= config.steps


def sft_step(model: nn.Module, trajectories: Sequence[Pairs]) -> tuple[float, int]:
    """Accumulate the gradient of the mean loss over all reply tokens; returns the loss (nats) and their number."""
    rows = [pack(pairs) for pairs in trajectories]
    count = int(sum(row.targets.sum() for row in rows))

    def loss_of(indices: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        with quick_products(model.device):
            logprobs, _ = reply_logprobs(model, collate([rows[index] for index in indices], model.device))
        loss = -logprobs.sum() / count
        return loss, loss.detach()

    batches = list(micro_batches([len(row) for row in rows], token_budget(model.device)))
    return float(sum(add_gradients(model, batches, loss_of))), count


@torch.no_grad()
def validate_sft(model: nn.Module, trajectories: Sequence[Pairs]) -> dict[str, float]:
    """Loss (nats a token) and its exponential on held-out trajectories."""
    rows = [pack(pairs) for pairs in trajectories]
    total = 0.0
    for indices in micro_batches([len(row) for row in rows], token_budget(model.device)):
        logprobs, _ = reply_logprobs(model, collate([rows[index] for index in indices], model.device))
        total -= float(logprobs.sum())
    loss = total / max(1, int(sum(row.targets.sum() for row in rows)))
    return {"loss": loss, "perplexity": math.exp(min(loss, 50.0))}
