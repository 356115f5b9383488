"""What it costs that a goal settles: ``python -m tests.bench.settle --circuits OTA,MILLER --seeds 1,2,3``.

Validation queries of the suite *standard* (query N for seed N), with a goal: the session until it settles, and the same
one that goes on past that until the budget is spent.
"""

import argparse
import threading
from dataclasses import replace

from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.suites import load_queries
from sizing_app.policy.designs import initial_design
from sizing_app.policy.response_surface import ResponseSurface
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Task
from sizing_app.task.goal import read_goal
from sizing_app.task.reward import best_values
from sizing_app.task.turn import History


def play(task: Task, simulator) -> tuple[list[int], History]:
    """Turns at which the goal was said to be settled, and all turns of the budget."""
    history: History = ()
    while not history or history[-1].index < task.budget:
        history = fold(run_session(task, ResponseSurface(), simulator, threading.Event(), history)).history
    return [turn.index for turn in history if turn.proposal.settled], history


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.settle", description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", default="OTA,MILLER", help="with commas between")
    parser.add_argument("--goal", default="minimize power")
    parser.add_argument("--seeds", default="1,2,3", help="with commas between")
    parser.add_argument("--budget", type=int, default=500, help="simulations of a session (500)")
    options = parser.parse_args()
    print("| circuit | query, seed | settled after | value there | after the budget | left |\n"
          "| --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    with SimulatorPool(1) as simulator:
        for name in options.circuits.split(","):
            circuit = load_circuit(name)
            for seed in map(int, options.seeds.split(",")):
                query = load_queries(circuit, "standard")[seed]
                task = replace(query.task(circuit, options.budget), seed=seed, initial=initial_design(circuit, seed),
                               goal=read_goal(options.goal), round=4)
                settled, history = play(task, simulator)
                values = best_values(task, history)
                at = values[settled[0]] if settled else None
                left = "-" if at is None else f"{abs(at / values[-1] - 1):.2%}"
                print(f"| {name} | {seed} | {settled[0] if settled else '-'} | {'-' if at is None else f'{at:.4g}'} | "
                      f"{values[-1]:.4g} | {left} |", flush=True)


if __name__ == "__main__":
    main()
