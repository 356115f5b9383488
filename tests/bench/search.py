"""How many simulations the searches take to meet all specs: ``python -m tests.bench.search --circuits OTA,MILLER``.

On queries of the kind that training draws (train/queries.py), with a seed of its own; for a circuit without a pool what
its golden design reaches, less 15 to 25%. None is a query of the evaluation. Every policy starts at the same designs.
CPU seconds are those of this process: what the policy and the session take beyond the simulator.
"""

import argparse
import threading
import time
from dataclasses import dataclass, replace

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.policy import make_policy
from sizing_app.policy.designs import initial_design
from sizing_app.pools.designs import load_pool, pool_path
from sizing_app.pools.query_rules import SLACK, witnessed
from sizing_app.pools.targets import metric_row
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Task
from sizing_app.task.reward import reached
from sizing_app.train.queries import FIRST_SEED, Synthesis

MARKS = (50, 100, 200, 400)
"""Simulations at which the share of met queries is told."""


@dataclass(frozen=True)
class Played:
    """One session: simulations until all specs were met (None: never), CPU seconds, intervals that held."""

    simulations: int | None
    turns: int
    seconds: float
    held: list[bool]


def queries(circuit: Circuit, count: int, budget: int, seed: int, simulator) -> list[Task]:
    rng = np.random.default_rng([seed, *circuit.name.encode()])
    if pool_path(circuit).is_file():
        pool = load_pool(circuit, pool_path(circuit))
        return [replace(task, budget=budget) for task in Synthesis(pool).draw(rng, count)]
    tasks, places = [], circuit.conditions.all()
    while len(tasks) < count:
        conditions = places[int(rng.integers(len(places)))]
        row = metric_row(circuit, simulator.evaluate(circuit, golden(circuit)["parameters"], conditions))
        own = FIRST_SEED + len(tasks)
        if specs := witnessed(circuit, row, SLACK["standard"], rng):
            tasks.append(Task(circuit, specs, conditions, initial_design(circuit, own), budget, own))
    return tasks


def play(policy: str, task: Task, simulator) -> Played:
    started = time.process_time()
    history = fold(run_session(task, make_policy(policy), simulator, threading.Event())).history
    seconds = time.process_time() - started
    tried = [turn for turn in history if turn.measurement is not None]
    held = [claim.true for turn in tried for claim in turn.claims
            if claim.about == "expectation" and claim.true is not None]
    met = next((place for place, turn in enumerate(tried) if turn.score.passed), None) if reached(history) else None
    return Played(met, len(tried) - 1, seconds, held)


def row(policy: str, circuit: str, played: list[Played]) -> str:
    counts = np.array([np.inf if item.simulations is None else item.simulations for item in played])
    shares = " / ".join(f"{np.mean(counts <= mark):.0%}" for mark in MARKS)
    turn = 1e3 * sum(item.seconds for item in played) / max(1, sum(item.turns for item in played))
    held = [one for item in played for one in item.held]
    middle = np.median(counts)
    return (f"| {circuit} | {policy} | {len(played)} | {shares} | {'over' if np.isinf(middle) else f'{middle:.0f}'} | "
            f"{np.mean([item.seconds for item in played]):.1f} | {turn:.0f} | "
            f"{f'{np.mean(held):.0%} of {len(held)}' if held else '-'} |")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", default="OTA,MILLER,OPAMP1,ACCIA,SimLDO", help="with commas between")
    parser.add_argument("--policies", default="response-surface,cma-es", help="with commas between")
    parser.add_argument("--queries", type=int, default=4, help="of each circuit (4)")
    parser.add_argument("--budget", type=int, default=400, help="simulations of a session (400)")
    parser.add_argument("--seed", type=int, default=0, help="of the queries (0)")
    options = parser.parse_args()
    print(f"| circuit | policy | n | met at {' / '.join(map(str, MARKS))} | median | CPU s a session | ms a turn | "
          "90% intervals hold |\n| --- | --- | ---: | --- | ---: | ---: | ---: | --- |", flush=True)
    with SimulatorPool(1) as simulator:
        for name in options.circuits.split(","):
            tasks = queries(load_circuit(name), options.queries, options.budget, options.seed, simulator)
            for policy in options.policies.split(","):
                print(row(policy, name, [play(policy, task, simulator) for task in tasks]), flush=True)


if __name__ == "__main__":
    main()
