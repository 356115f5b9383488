"""The stages of a run, wired: which files each one reads and writes. The work is in the modules that they call."""

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch
from tokenizers import Tokenizer

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.policy.card import prompt_of
from sizing_app.prompt.compact import END
from sizing_app.prompt.tokenizer import build_tokenizer
from sizing_app.simulator import make_simulator
from sizing_app.simulator.inspection import Inspector
from sizing_app.task.definition import Task
from sizing_app.train import sft
from sizing_app.train.algorithms import ALGORITHMS, SINGLE_TURN
from sizing_app.train.config import Preset, RLConfig, SFTConfig
from sizing_app.train.curves import draw_curves
from sizing_app.train.data import load_lessons, sample_texts, split
from sizing_app.train.dialogue import Compact
from sizing_app.train.export import export_model, hardware, load_model
from sizing_app.train.family.archive import load_family
from sizing_app.train.form import Form
from sizing_app.train.model import build_model, pick_device, set_precision, take_weights
from sizing_app.train.prepare import family_folder, lessons_path, prepare, prepare_family, queries_path, simulate_pools
from sizing_app.train.queries import load_queries
from sizing_app.train.rollout import Rollouts
from sizing_app.train.run_folder import Clock, RunError, RunFolder, load_checkpoint
from sizing_app.train.sampler import Sampler
from sizing_app.train.trainer import Trainer, load_mean

OUTCOME = ("best", "passed", "simulations", "truth")


class Stages:
    """One command's run; a context manager that ends the simulator processes."""

    def __init__(self, options: argparse.Namespace, preset: Preset, command: str):
        self.options, self.command = options, command
        self.clock = Clock(options.time_limit)
        self.device = pick_device(options.device)
        self.circuits = [load_training_circuit(name) for name in options.circuits.split(",")]
        self.family = [] if options.no_family else list(load_family().values())
        self.folder = RunFolder(options.out)
        if options.start and not (options.start / "card.toml").exists():
            raise RunError(f"{options.start} has no card.toml: --start names an exported checkpoint")
        self.prompt = prompt_of(options.start) if options.start and not options.prompt else preset.data.prompt
        self.preset = replace(preset, data=replace(preset.data, prompt=self.prompt))
        if options.resume == "no":
            self.folder.clear()
        self.folder.open(options.preset, [circuit.name for circuit in self.circuits], len(self.family), options.seed,
                         self.prompt)

    def __enter__(self) -> "Stages":
        return self

    def __exit__(self, *_) -> None:
        if "simulator" in vars(self):
            self.simulator.close()

    def run(self, stage: str) -> bool:
        """True if the stage is complete."""
        _report(f"== {stage} ({hardware(self.device)}, preset {self.options.preset})")
        if stage == "pools":
            return simulate_pools(self.circuits, self.simulator, self.preset.data, self.options.seed, self.clock,
                                  _report)
        if stage == "data":
            made = self.options.data, self.preset.data, self.options.seed, self.clock, _report
            return prepare(self.circuits, self.options.models, *made) and prepare_family(self.family, *made)
        if stage == "sft":
            return self.train_sft()
        if stage == "export":
            return self.export()
        return self.train_rl(stage)

    @cached_property
    def simulator(self) -> Inspector:
        return make_simulator(self.options.simulator, self.options.workers)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        paths = self._data_files(self._lessons_path) if not (self.folder.path / "tokenizer.json").exists() else []
        return self.folder.tokenizer(lambda: build_tokenizer((*self.circuits, *self.family), sample_texts(paths),
                                                             self.prompt))

    def train_sft(self) -> bool:
        model = self._first_model()
        set_precision(self.device, exact=False)
        data = load_lessons(self._data_files(self._lessons_path), self.tokenizer, self.preset.sft.validation)
        _report(f"{model.num_parameters() / 1e6:.2f} M parameters, {len(data.training)} trajectories with "
                f"{data.reply_tokens / 1e6:.1f} M reply tokens, {len(data.validation)} held out")
        if not sft.is_complete(self.preset.sft, self.folder):
            self._note(sft.STAGE, self.preset.sft)
        done = sft.train_sft(model, data, self.preset.sft, self.folder, self.options.seed, self.clock, _report)
        draw_curves(self.folder.log_path(sft.STAGE), self.folder.path / "sft.png")
        return done

    def train_rl(self, stage: str) -> bool:
        model, config = self._start_model(), self.preset.rl
        set_precision(self.device, exact=True)
        training, held_out = self._queries(config.validation)
        sampler = Sampler(model, self.tokenizer.token_to_id(END), config.reply_tokens, config.temperature,
                          Form(self.tokenizer, self.device))
        rollouts = Rollouts(sampler, Compact(self.tokenizer, self.prompt), self.simulator,
                            _latest_only(stage, vars(config)))
        trainer = Trainer(stage, ALGORITHMS[stage], model, rollouts, config, self.folder, self.options.seed, _report)
        if not trainer.complete:
            self._note(stage, config)
        done = trainer.train(training, held_out, self.clock)
        draw_curves(self.folder.log_path(stage), self.folder.path / f"{stage}.png")
        return done

    def _note(self, stage: str, config: SFTConfig | RLConfig) -> None:
        """Keep how a stage is trained, for its card."""
        began = base_of(stage, self.options.start) if self.options.start else {}
        self.folder.note(stage, command=self.command, hardware=hardware(self.device), **began, numbers=vars(config))

    def export(self) -> bool:
        """The supervised checkpoint, and of each algorithm that was run the best one on held-out queries.

        Where there were none, the mean of the weights at the end.
        """
        model = self._fresh_model()
        for name in (sft.STAGE, *ALGORITHMS):
            path, best = self.folder.checkpoint(name), self.folder.checkpoint(f"{name}-best")
            if not path.exists():
                continue
            if name in ALGORITHMS:
                facts = load_checkpoint(best, model) if best.exists() else load_mean(path, model)
            else:
                facts = load_checkpoint(path, model)
            folder = export_model(model, self.tokenizer, self.options.models / name, self._card(name, facts))
            _report(f"{folder}: {(folder / 'model.safetensors').stat().st_size / 1e6:.1f} MB")
        return True

    def _card(self, name: str, facts: dict) -> dict:
        """What made a checkpoint, for models/NAME/card.toml. Best checkpoints of former versions do not say what was
        spent on them: their cards have that of the whole run."""
        spent = {**torch.load(self.folder.checkpoint(name), map_location="cpu", weights_only=True), **facts}
        scores = facts.get("validation") or ({key: facts[key] for key in OUTCOME} if "truth" in facts else {})
        made = self.folder.facts()["stages"][name]
        numbers = made.pop("numbers")
        if numbers.get("rollouts") is not None:
            del numbers["steps"]  # the rollouts decide
        card = {"base": "none: trained from random weights" if name == sft.STAGE else "sft", "architecture": "Qwen3",
                "algorithm": name, "prompt": self.prompt,
                "history": "latest" if _latest_only(name, numbers) else "full",
                "temperature": numbers["sampling_temperature"], "preset": self.options.preset,
                "circuits": [circuit.name for circuit in self.circuits],
                "family_members": len(self.family), "steps": facts["step"],
                "data": "trajectories of a teacher that knows pools of simulated designs" if name == sft.STAGE else
                        "synthesized queries, rewards from ngspice", "seed": self.options.seed,
                "hours": round(spent["seconds"] / 3600, 3), **made,
                "turn_level_rollouts": spent.get("rollouts"), "remark": self.options.remark}
        return {**card, "validation": {key: round(value, 4) for key, value in scores.items()}, "numbers": numbers}

    def _fresh_model(self):
        return build_model(self.preset.size, self.tokenizer, self.options.seed).to(self.device)

    def _first_model(self):
        """Where supervised training begins: random weights, or those of a checkpoint, which may have learnt other
        words than the run's."""
        if self.options.start is None:
            return self._fresh_model()
        if prompt_of(self.options.start) == self.prompt:
            return self._exported()
        model = self._fresh_model()
        take_weights(model, self.tokenizer, *load_model(self.options.start, self.device))
        return model

    def _start_model(self):
        """Where reinforcement learning begins: the run's supervised weights, or an exported checkpoint."""
        if self.options.start is not None:
            if prompt_of(self.options.start) != self.prompt:
                raise RunError(f"{self.options.start} reads the prompt {prompt_of(self.options.start)}, not "
                               f"{self.prompt}: the sft stage can teach it that")
            return self._exported()
        path = self.folder.checkpoint(sft.STAGE)
        if not path.exists():
            raise RunError(f"{path} is missing: run the sft stage first, or name a checkpoint with --start")
        model = self._fresh_model()
        load_checkpoint(path, model)
        return model

    def _exported(self):
        """The checkpoint that --start names; its tokenizer becomes the run's. Raises RunError where the run has
        another."""
        model, tokenizer = load_model(self.options.start, self.device)
        if self.folder.tokenizer(lambda: tokenizer).to_str() != tokenizer.to_str():
            raise RunError(f"{self.options.start} has another tokenizer than {self.folder.path}: give another --out")
        return model

    def _queries(self, held_out: int) -> tuple[list[Task], list[Task]]:
        """Training queries and, spread over all files, held-out ones."""
        known = {circuit.name: circuit for circuit in (*self.circuits, *self.family)}
        return split([task for path in self._data_files(queries_path) for task in load_queries(path, known)], held_out)

    def _lessons_path(self, folder: Path, circuit: str) -> Path:
        return lessons_path(folder, circuit, self.prompt)

    def _data_files(self, path_of) -> list[Path]:
        paths = [path_of(self.options.data, circuit.name) for circuit in self.circuits]
        paths += [path_of(family_folder(self.options.data), member.name) for member in self.family]
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            raise RunError(f"{missing[0]} and {len(missing) - 1} more files are missing: run the data stage first")
        return paths


def base_of(stage: str, start: Path) -> dict:
    """What a card says of the checkpoint that a stage began with, which the same stage may have made."""
    card = tomllib.loads((start / "card.toml").read_text())
    names = ("steps", "hours") if card["algorithm"] == stage else ()
    return {"base": card["algorithm"], **{f"{name}_before": card[name] + card.get(f"{name}_before", 0)
                                          for name in names}}


def _latest_only(stage: str, numbers: Mapping) -> bool:
    return stage == SINGLE_TURN or numbers.get("latest_only", False)


def _report(text: str) -> None:
    print(text, flush=True)
