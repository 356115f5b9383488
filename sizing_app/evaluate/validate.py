"""Checkpoints on queries of training: ``python -m sizing_app validate MODEL1 MODEL2 ...``.

For choosing, without a look at the queries of the evaluation: which run to ship, or which ones to take the mean of
(train/merge.py). Queries that no run has drawn come from the data stage with a seed of its own:

    python -m sizing_app train data --trajectories 0 --no-family --seed 1 --data runs/validation --out runs/validation

Each is played once, by train/rollout.py: play (docs/training.md says what it shares with the app), at the temperature
of the checkpoint's card.
"""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.evaluate.report import REWARD, SHARE, mean_with_interval
from sizing_app.prompt.compact import END
from sizing_app.simulator import SimulatorPool
from sizing_app.task.advantage import format_errors
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator
from sizing_app.task.reward import best_reward, reached
from sizing_app.task.turn import History
from sizing_app.train.config import CIRCUITS, RLConfig
from sizing_app.train.dialogue import Compact
from sizing_app.train.export import load_model
from sizing_app.train.form import Form
from sizing_app.train.prepare import queries_path
from sizing_app.train.queries import load_queries
from sizing_app.train.rollout import Rollouts, play
from sizing_app.train.run_folder import generator
from sizing_app.train.sampler import Sampler


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sizing validate", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+", type=Path, metavar="MODEL", help="a folder with a checkpoint")
    parser.add_argument("--data", type=Path, default=Path("runs/validation"), metavar="FOLDER",
                        help="what the data stage wrote")
    parser.add_argument("--circuits", default=CIRCUITS, help="names, with commas between (all but the held-out ones)")
    parser.add_argument("--queries", type=int, default=20, metavar="N", help="of each circuit (20)")
    parser.add_argument("--workers", type=int, default=None, help="simulator processes (default: one a core)")
    options = parser.parse_args(arguments)
    try:
        tasks = validation_tasks(options.data, options.circuits.split(","), options.queries)
        with SimulatorPool(options.workers) as simulator:
            print("| checkpoint | queries | mean best reward | all specs met | replies with an error of form |\n"
                  "| --- | ---: | --- | --- | --- |")
            for folder in options.checkpoints:
                print(row(folder, play_checkpoint(folder, tasks, simulator)), flush=True)
    except (CircuitError, OSError) as error:
        print(f"sizing_app.evaluate.validate: {error}", file=sys.stderr)
        return 2
    return 0


def validation_tasks(data: Path, names: Sequence[str], count: int) -> list[Task]:
    """The first ``count`` queries of each circuit. Raises CircuitError, and OSError where there are none."""
    circuits = {name: load_training_circuit(name) for name in names}
    return [task for name in names for task in load_queries(queries_path(data, name), circuits)[:count]]


def play_checkpoint(folder: Path, tasks: Sequence[Task], simulator: Simulator) -> list[History]:
    """One trajectory a task, sampled as the card of the checkpoint says."""
    card = tomllib.loads((folder / "card.toml").read_text())
    model, tokenizer = load_model(folder)
    return play_once(model, tokenizer, tasks, simulator, card["temperature"], card["history"] == "latest",
                     card["prompt"])


def play_once(model, tokenizer, tasks: Sequence[Task], simulator: Simulator, temperature: float, latest_only: bool,
              prompt: str, seed: int = 0) -> list[History]:
    """One trajectory a task, all in lockstep; ``latest_only``: prompts show the latest turn alone."""
    sampler = Sampler(model, tokenizer.token_to_id(END), RLConfig.reply_tokens, temperature, Form(tokenizer))
    rollouts = Rollouts(sampler, Compact(tokenizer, prompt), simulator, latest_only)
    return play(tasks, rollouts, 1, generator(model.device, seed))[1]


def row(folder: Path, trajectories: Sequence[History]) -> str:
    """A row of the table, with 95% intervals over the queries (intervals.py)."""
    best, met, wrong = ([value(history) for history in trajectories] for value in (best_reward, reached, wrong_form))
    return (f"| {folder} | {len(trajectories)} | {mean_with_interval(best, REWARD)} | "
            f"{mean_with_interval(met, SHARE)} | {mean_with_interval(wrong, SHARE)} |")


def wrong_form(history: History) -> float:
    """Share of the replies that have an error of form (task/advantage.py: format_errors)."""
    errors = [bool(format_errors(turn, history[:place])) for place, turn in enumerate(history) if place]
    return sum(errors) / max(len(errors), 1)
