"""``python -m sizing_app verl-data``: training queries as the parquet files that verl reads.

A row holds the query as train/queries.py writes it and its first prompt (verl drops rows whose prompt is too long);
everything after that is made of the query when it is played. The columns are those that verl asks for.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow
import pyarrow.parquet

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.prompt.chat import messages
from sizing_app.session.turn import initial_turn
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator
from sizing_app.train.data import alternate
from sizing_app.train.prepare import queries_path
from sizing_app.train.queries import load_queries, to_json

TRAINING, VALIDATION = "turn-groups", "trajectory"
"""Names in agent_loops.yaml."""


def row(task: Task, index: int, loop: str, simulator: Simulator) -> dict:
    """One query; ``loop`` is the agent loop that plays it."""
    first = initial_turn(task, simulator)
    return {"data_source": task.circuit.name, "agent_name": loop, "prompt": messages(task.told(), (first,)),
            "query": json.dumps(to_json(task)), "reward_model": {"style": "rule", "ground_truth": ""},
            "extra_info": {"index": index}, "__rollout_n__": 1}


def write_rows(path: Path, tasks: Sequence[Task], loop: str, simulator: Simulator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [row(task, index, loop, simulator) for index, task in enumerate(tasks)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        circuits = {name: load_training_circuit(name) for name in options.circuits.split(",")}
        queries = [load_queries(queries_path(options.data, name), circuits) for name in circuits]
        held_out, training = alternate(queries, (options.validation, options.training))
    except (CircuitError, OSError, ValueError) as error:
        print(f"sizing_app.verl.dataset: {error}", file=sys.stderr)
        return 2
    simulator = SimulatorPool(options.workers)
    try:
        write_rows(options.out / "training.parquet", training, TRAINING, simulator)
        write_rows(options.out / "validation.parquet", held_out, VALIDATION, simulator)
    finally:
        simulator.close()
    print(f"{options.training} training and {options.validation} validation queries in {options.out}")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sizing verl-data", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuits", required=True, help="names, with commas between")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="FOLDER",
                        help="where `python -m sizing_app train data` wrote its queries")
    parser.add_argument("--out", type=Path, default=Path("data/verl"), metavar="FOLDER", help="where the files go")
    parser.add_argument("--training", type=int, default=10_000, metavar="N", help="training queries (paper: 10,000)")
    parser.add_argument("--validation", type=int, default=256, metavar="N", help="queries held out")
    parser.add_argument("--workers", type=int, default=None, help="simulator processes (default: one a core)")
    return parser.parse_args(arguments)
