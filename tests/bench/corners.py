"""Sizing over all corners from random starts: ``python -m tests.bench.corners --circuits OTA,MILLER --seeds 0,1,2``.

The search judges every design over all corners, temperatures and supplies; beside it, the same search at nominal alone,
whose result is checked over the corners afterwards. CPU seconds are those of the simulator and of this process.
"""

import argparse
import os
import threading
import time
from dataclasses import replace

from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.corners import over_conditions
from sizing_app.policy import make_policy
from sizing_app.policy.designs import initial_design
from sizing_app.session.events import SessionState, fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Plan, Task
from sizing_app.task.over import all_corners, plan_over
from sizing_app.task.reward import judge


def run(task: Task, policy: str, simulator: SimulatorPool) -> tuple[SessionState, float, float]:
    """The session, CPU seconds of its simulations, and of policy and session."""
    started = time.process_time()
    state = fold(run_session(task, make_policy(policy), simulator, threading.Event()))
    return state, sum(turn.measurement.cpu for turn in state.history if turn.measurement), \
        time.process_time() - started


def over_corners(task: Task, plan: Plan, state: SessionState, simulator: SimulatorPool) -> str:
    """How the best design of a session does at all points."""
    design = state.best.proposal.parameters
    measured = over_conditions(task.circuit, design, plan.points, simulator)
    _, judged = judge(dict(enumerate(measured)), task.specs, plan)
    return f"{sum(part.met for part in judged.specs)} of {len(judged.specs)} specs met over corners"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", default="OTA,MILLER")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--budget", type=int, default=500, help="designs")
    parser.add_argument("--policy", default="response-surface")
    parser.add_argument("--only", choices=("corners", "nominal"), help="one of the two ways alone")
    args = parser.parse_args()
    with SimulatorPool(os.cpu_count()) as simulator:
        for name in args.circuits.split(","):
            circuit = load_circuit(name)
            nominal = circuit.conditions.nominal
            plan = plan_over(nominal, all_corners(circuit, nominal))
            for seed in map(int, args.seeds.split(",")):
                task = Task(circuit, circuit.specs, nominal, initial_design(circuit, seed), args.budget, seed, round=4)
                for way, asked in (("corners", replace(task, plan=plan)), ("nominal", task)):
                    if args.only in (None, way):
                        state, simulated, own = run(asked, args.policy, simulator)
                        print(f"{name} seed {seed} sized at {way}: {state.status}, {len(state.history)} designs, "
                              f"{state.simulations} simulations, {simulated:.1f} + {own:.1f} s of CPU; reward "
                              f"{state.best.reward:.3f}; {over_corners(task, plan, state, simulator)}", flush=True)


if __name__ == "__main__":
    main()
