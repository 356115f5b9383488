"""One training step without the simulator, here and in TRL: ``python -m tests.bench.training``.

The same checkpoint, prompts, group size and number of gradient steps; rewards are the replies' lengths, so that what is
timed is sampling and updating alone. TRL is none of the requirements: ``pip install trl==1.16.0`` first.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import VALIDATION, load_circuit
from sizing_app.evaluate.suites import load_queries
from sizing_app.policy.card import prompt_of
from sizing_app.prompt.compact import END, render
from sizing_app.prompt.tokenizer import encode
from sizing_app.prompt.wording import wording
from sizing_app.session.turn import initial_turn
from sizing_app.simulator import SimulatorPool
from sizing_app.train.advantage import group_advantages
from sizing_app.train.config import RLConfig
from sizing_app.train.export import load_model
from sizing_app.train.form import Form
from sizing_app.train.optim import make_optimizers
from sizing_app.train.sampler import Sampler
from sizing_app.train.step import Step, update

MODELS = Path(__file__).resolve().parents[2] / "models"
SETTINGS = RLConfig()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", default="sft")
    parser.add_argument("--prompts", type=int, default=16, help="a step, each with a group of replies (16)")
    parser.add_argument("--steps", type=int, default=3, help="after one that is not counted (3)")
    chosen = parser.parse_args()
    try:
        import trl
    except ImportError:
        parser.error("pip install trl==1.16.0 first")
    folder, circuit = MODELS / chosen.checkpoint, load_circuit("OTA")
    version = prompt_of(folder)
    texts = prompts(circuit, version, chosen.prompts)
    ours, rate = our_steps(folder, wording(circuit, version).circuit, texts, chosen.steps)
    theirs, their_rate = trl_steps(folder, texts, chosen.steps)
    print(f"{chosen.prompts} prompts x {SETTINGS.group} replies, {SETTINGS.updates} gradient steps, "
          f"{torch.get_num_threads()} threads; median of {chosen.steps}\n"
          f"here: {ours:.1f} s, {rate:.0f} reply tokens/s; TRL {trl.__version__}: {theirs:.1f} s, "
          f"{their_rate:.0f} reply tokens/s; ratio of the rates {rate / their_rate:.1f}")


def prompts(circuit: Circuit, version: str, count: int) -> list[str]:
    """First turns of queries, in a version of the prompt."""
    tasks = [query.task(circuit, 5) for query in load_queries(circuit, "standard", VALIDATION)[:count]]
    with SimulatorPool() as simulator:
        return [render(task.told(), (initial_turn(task, simulator),), version) for task in tasks]


def our_steps(folder: Path, circuit: Circuit, texts: list[str], steps: int) -> tuple[float, float]:
    """Median seconds of a step, and reply tokens a second; ``circuit`` in the words of the replies."""
    model, tokenizer = load_model(folder)
    form, encoded = Form(tokenizer), [encode(tokenizer, text) for text in texts]
    sampler = Sampler(model, tokenizer.token_to_id(END), SETTINGS.reply_tokens, form=form)
    circuits, optimizers = [circuit] * len(texts), make_optimizers(model, 1e-5)
    times, rates = [], []
    for number in range(steps + 1):
        started = time.perf_counter()
        groups = sampler.sample(encoded, SETTINGS.group, torch.Generator().manual_seed(number), circuits)
        rows = []
        for prompt, group in zip(encoded, groups, strict=True):
            advantages = group_advantages([len(sample.tokens) for sample in group])
            rows.append([Step(tuple(prompt), sample.tokens, sample.logprobs, (gain,) * len(sample.tokens))
                         for sample, gain in zip(group, advantages, strict=True)])
        update(model, optimizers, rows, range(len(rows)), SETTINGS, np.random.default_rng(number), form)
        times.append(time.perf_counter() - started)
        rates.append(sum(len(sample.tokens) for group in groups for sample in group) / times[-1])
    return statistics.median(times[1:]), statistics.median(rates[1:])


def trl_steps(folder: Path, texts: list[str], steps: int) -> tuple[float, float]:
    """The same by GRPOTrainer, replies from the library's generate."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    class Watch(TrainerCallback):
        """Seconds and tokens of every batch of replies with all its gradient steps."""

        started, times, tokens = 0.0, [], []

        def on_step_begin(self, arguments, state, control, **others):
            if state.global_step % SETTINGS.updates == 0:
                self.started = time.perf_counter()

        def on_step_end(self, arguments, state, control, **others):
            if state.global_step % SETTINGS.updates == 0:
                self.times.append(time.perf_counter() - self.started)

    def lengths(completion_ids, **others) -> list[float]:
        watch.tokens.append(sum(map(len, completion_ids)))
        return [float(len(ids)) for ids in completion_ids]

    watch, replies = Watch(), len(texts) * SETTINGS.group
    with tempfile.TemporaryDirectory() as out:
        arguments = GRPOConfig(
            output_dir=out, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to="none", beta=0.0,
            learning_rate=1e-5, epsilon=SETTINGS.clip_low, epsilon_high=SETTINGS.clip_high, loss_type="dapo",
            num_generations=SETTINGS.group, generation_batch_size=replies, temperature=1.0, top_k=0,
            per_device_train_batch_size=replies // SETTINGS.updates, max_completion_length=SETTINGS.reply_tokens,
            max_steps=(steps + 1) * SETTINGS.updates, disable_tqdm=True, save_strategy="no", logging_strategy="no")
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        trainer = GRPOTrainer(model, lengths, arguments, Dataset.from_list([{"prompt": text} for text in texts]),
                              processing_class=AutoTokenizer.from_pretrained(folder), callbacks=[watch])
        trainer.train()
    rates = [count / seconds for count, seconds in zip(watch.tokens, watch.times, strict=True)]
    return statistics.median(watch.times[1:]), statistics.median(rates[1:])


if __name__ == "__main__":
    main()
