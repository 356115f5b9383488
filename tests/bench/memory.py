"""What earlier sessions spare a search: ``python -m tests.bench.memory --circuits OTA,MILLER --queries 12``.

The first validation queries of the suite *standard* are sized one after another, each with what the sessions before it
left in a database, and each alone. They have other targets, and most of them other conditions than those before.
"""

import argparse
import tempfile
import threading
from dataclasses import replace

from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.suites import load_queries
from sizing_app.policy import make_policy
from sizing_app.session.events import SessionState, fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.store import SessionStore, record
from sizing_app.task.definition import Task

POLICY = "response-surface"


def remembered(store: SessionStore, task: Task, simulator) -> SessionState:
    """A stored session that begins with what those before it simulated."""
    task = replace(task, earlier=store.memory.sessions(task))
    policy = make_policy(POLICY, recall=store.memory.recall)
    id = store.create(task, POLICY, source="bench")
    return fold(record(store, id, run_session(task, policy, simulator, threading.Event())))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", default="OTA,MILLER", help="with commas between")
    parser.add_argument("--queries", type=int, default=12, help="of each circuit (12)")
    parser.add_argument("--budget", type=int, default=1000, help="simulations of a session (1000)")
    options = parser.parse_args()
    print("| circuit | query | simulations alone | met | with earlier sessions | met |\n"
          "| --- | ---: | ---: | --- | ---: | --- |", flush=True)
    with SimulatorPool(1) as simulator, tempfile.TemporaryDirectory() as folder:
        for name in options.circuits.split(","):
            store, circuit, sums = SessionStore(f"sqlite:///{folder}/{name}.db"), load_circuit(name), [0, 0]
            queries = load_queries(circuit, "standard")[:options.queries]
            for number, query in enumerate(queries):
                task = replace(query.task(circuit, options.budget), round=4)
                alone = fold(run_session(task, make_policy(POLICY), simulator, threading.Event()))
                known = remembered(store, task, simulator)
                print(f"| {name} | {number} | {alone.simulations} | {alone.passed} | {known.simulations} | "
                      f"{known.passed} |", flush=True)
                sums = [total + state.simulations for total, state in zip(sums, (alone, known), strict=True)]
            print(f"| {name} | mean | {sums[0] / len(queries):.1f} | | {sums[1] / len(queries):.1f} | |", flush=True)
            store.close()


if __name__ == "__main__":
    main()
