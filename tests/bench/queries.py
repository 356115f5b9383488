"""What training queries are like: ``python -m tests.bench.queries --circuits OTA,MILLER --simulate 40``.

How far their targets spread, how many of them the best single stored design of a place meets, and, simulated, how many
are met by the golden design, by the centre of the stored designs, and by the teacher after one, two and three answers.
"""

import argparse

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.policy import MODELS
from sizing_app.pools.designs import Pool, centroid, load_pool, pool_path
from sizing_app.pools.surrogate import load_surrogate, surrogate_path
from sizing_app.pools.targets import margins
from sizing_app.pools.teacher import CENTRE, Teacher
from sizing_app.session.turn import finish
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator
from sizing_app.task.reward import reached, score
from sizing_app.task.turn import History, Proposal
from sizing_app.train.queries import Synthesis

ANSWERS = 3


def single(pool: Pool, tasks: list[Task]) -> float:
    """Share of a place's queries that one stored design meets, the best one of each place; mean over places."""
    shares = []
    for conditions in {task.conditions for task in tasks}:
        rows = pool.metrics[pool.rows(pool.index_of(conditions))]
        met = [margins(pool.circuit, task.specs, rows).min(axis=1) >= 0 for task in tasks
               if task.conditions == conditions]
        shares.append(np.mean(met, axis=0).max())
    return float(np.mean(shares))


def spreads(circuit: Circuit, tasks: list[Task]) -> str:
    """5 and 95% of every one-sided bound."""
    found = []
    for place, spec in enumerate(circuit.specs):
        bounds = [task.specs[place].high if spec.low is None else task.specs[place].low for task in tasks]
        if spec.kind != "range":
            found.append(f"{spec.metric} {np.percentile(bounds, 5):.3g} to {np.percentile(bounds, 95):.3g}")
    return ", ".join(found)


def taught(teacher: Teacher, tasks: list[Task], simulator: Simulator, rng: np.random.Generator) -> list[float]:
    """Share of the queries that the teacher has met after each answer."""
    histories: list[History] = [() for _ in tasks]
    shares = []
    for _ in range(ANSWERS):
        open_places = [place for place, history in enumerate(histories) if not reached(history)]
        if open_places:
            own = [tasks[place] for place in open_places]
            seen = [histories[place] for place in open_places]
            answers = teacher.answers(own, seen, [task.conditions for task in own], rng)
            asked = [(task, history, Proposal(answer.parameters))
                     for task, history, answer in zip(own, seen, answers, strict=True)]
            for place, turn in zip(open_places, finish(asked, simulator), strict=True):
                histories[place] = (*histories[place], turn)
        shares.append(float(np.mean([reached(history) for history in histories])))
    return shares


def constant(designs: list[Parameters], tasks: list[Task], simulator: Simulator) -> float:
    measured = simulator.evaluate_many((task.circuit, design, task.conditions)
                                       for task, design in zip(tasks, designs, strict=True))
    return float(np.mean([score(found, task.specs).passed for found, task in zip(measured, tasks, strict=True)]))


def simulated(pool: Pool, tasks: list[Task], simulator: Simulator) -> str:
    circuit = pool.circuit
    centres = [pool.grid.design(pool.grid.snap(centroid(pool, pool.index_of(task.conditions), circuit.specs, CENTRE)))
               for task in tasks]
    teacher = Teacher(pool, load_surrogate(surrogate_path(MODELS, circuit), circuit))
    shares = ", ".join(f"{share:.0%}" for share in taught(teacher, tasks, simulator, np.random.default_rng(0)))
    same = constant([golden(circuit)["parameters"]] * len(tasks), tasks, simulator)
    return (f"{len(tasks)} simulated: golden {same:.0%}, centre {constant(centres, tasks, simulator):.0%}, "
            f"teacher after 1 to {ANSWERS} answers {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuits", default="OTA,MILLER,ACCIA,ADCL")
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--simulate", type=int, default=0, metavar="N", help="the first N")
    options = parser.parse_args()
    with SimulatorPool(1, deadline=120.0) as simulator:
        for name in options.circuits.split(","):
            circuit = load_circuit(name)
            pool = load_pool(circuit, pool_path(circuit))
            tasks = Synthesis(pool).draw(np.random.default_rng(5), options.queries)
            print(f"{name}: one stored design a place meets {single(pool, tasks):.0%}; {spreads(circuit, tasks)}")
            if options.simulate:
                print(f"  {simulated(pool, tasks[:options.simulate], simulator)}", flush=True)


if __name__ == "__main__":
    main()
