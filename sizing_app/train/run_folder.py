"""A training run on disk: ``runs/NAME`` with its tokenizer, checkpoints, logs and curves. Any stage can be resumed.

``run.json`` says what the run is; ``STAGE.pt`` holds weights, optimizers and step of a stage; ``STAGE.jsonl`` one line
a step. Random numbers are drawn from (seed, step), so there is no generator state to keep.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from sizing_app.prompt.tokenizer import load_tokenizer, save_tokenizer
from sizing_app.prompt.versions import FIRST

SAVE_EVERY = 120.0
"""Seconds between checkpoints."""


class RunError(RuntimeError):
    """The run folder does not fit what is asked; the message says what to do."""


class Clock:
    """The time limit of a command, in seconds from its start."""

    def __init__(self, limit: float | None = None):
        self._started, self._limit = time.monotonic(), limit
        self._saved = self._started

    def left(self) -> float:
        return float("inf") if self._limit is None else self._limit - (time.monotonic() - self._started)

    def over(self, reserve: float = 0.0) -> bool:
        """Whether less than ``reserve`` seconds are left."""
        return self.left() < reserve

    def save_is_due(self) -> bool:
        due = time.monotonic() - self._saved > SAVE_EVERY
        if due:
            self._saved = time.monotonic()
        return due


class RunFolder:
    """Paths and files of one run."""

    def __init__(self, folder: str | Path):
        self.path = Path(folder)

    def open(self, preset: str, circuits: Sequence[str], members: int, seed: int, prompt: str) -> None:
        """Make the folder, or check that an existing one was made with the same preset, circuits, number of family
        members, seed and version of the prompt."""
        self.path.mkdir(parents=True, exist_ok=True)
        wanted = {"preset": preset, "circuits": list(circuits), "family_members": members, "seed": seed,
                  "prompt": prompt}
        if self.facts_path.exists():
            facts = {"prompt": FIRST, **self.facts()}
            different = [name for name, value in wanted.items() if facts[name] != value]
            if different:
                raise RunError(f"{self.path} was made with another {' and '.join(different)}; "
                               "give it another --out, or --resume no to begin again")
        else:
            write_json(self.facts_path, {**wanted, "stages": {}})

    def note(self, stage: str, **facts: object) -> None:
        """Keep how a stage was last trained: command, hardware, numbers."""
        run = self.facts()
        write_json(self.facts_path, {**run, "stages": {**run.get("stages", {}), stage: facts}})

    @property
    def facts_path(self) -> Path:
        return self.path / "run.json"

    def facts(self) -> dict:
        if not self.facts_path.exists():
            raise RunError(f"there is no run in {self.path}")
        return json.loads(self.facts_path.read_text())

    def tokenizer(self, make: Callable[[], Tokenizer] | None = None) -> Tokenizer:
        """The run's tokenizer, made on first use."""
        if not (self.path / "tokenizer.json").exists():
            if make is None:
                raise RunError(f"{self.path} has no tokenizer yet: run the sft stage first")
            save_tokenizer(make(), self.path)
        return load_tokenizer(self.path)

    def checkpoint(self, stage: str) -> Path:
        return self.path / f"{stage}.pt"

    def log_path(self, stage: str) -> Path:
        return self.path / f"{stage}.jsonl"

    def clear(self) -> None:
        """Forget everything that a run wrote."""
        for file in self.path.glob("*"):
            if file.suffix in (".pt", ".jsonl", ".json", ".png"):
                file.unlink()
        for events in self.path.glob("*/events.out.tfevents.*"):
            events.unlink()


class StepLog:
    """One JSON line a step, and the same for TensorBoard in a folder beside the file.

    Entries from a resumed step on are dropped and written again.
    """

    def __init__(self, path: Path, first_step: int):
        kept = [entry for entry in read_log(path) if entry["step"] < first_step]
        path.write_text("".join(json.dumps(entry) + "\n" for entry in kept))
        self._path, self._board = path, SummaryWriter(path.with_suffix(""), purge_step=first_step)

    def write(self, entry: dict) -> None:
        values = {name: _plain(value) for name, value in entry.items()}
        with self._path.open("a") as file:
            file.write(json.dumps(values, allow_nan=False) + "\n")
        for name, value in values.items():
            if isinstance(value, (int, float)):
                self._board.add_scalar(name, value, values["step"])
        self._board.flush()


def read_log(path: Path) -> list[dict]:
    """The entries of a log, without a last one that was cut short."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def save_checkpoint(path: Path, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer], **facts) -> None:
    """Weights, optimizers and ``facts`` (step, seconds, ...), written whole or not at all."""
    unfinished = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                **facts}, unfinished)
    os.replace(unfinished, path)


def load_checkpoint(path: Path, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer] = ()) -> dict:
    """Load weights (and optimizers, where given) in place; returns the facts."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state.pop("model"))
    saved = state.pop("optimizers")
    for optimizer, its_state in zip(optimizers, saved, strict=bool(optimizers)):
        optimizer.load_state_dict(its_state)
    return state


def generator(device: torch.device, *key: int) -> torch.Generator:
    """Random numbers on a device that depend on ``key`` alone."""
    return torch.Generator(device).manual_seed(int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1))


def write_json(path: Path, document: dict) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n")
    os.replace(unfinished, path)


def _plain(value):
    """Numbers as JSON has them: floats with 6 digits, None for what is not finite."""
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
