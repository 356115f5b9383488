"""How far the search pushes a goal on formulas: ``python -m tests.bench.goal --goals "minimize power" --seeds 0,1``.

The best value of the goal among designs of the op-amp of tests/closed_form.py that meet all specs, after 100, 200, 300
and 400 simulations; CPU seconds are those of the search.
"""

import argparse
import time

from sizing_app.search.search import Search
from sizing_app.task.goal import read_goal
from sizing_app.task.reward import gained, score
from tests.closed_form import SquareLaw, miller_task

MARKS = (100, 200, 300, 400)


def play(text: str, seed: int, budget: int) -> list[float | None]:
    """The best value after each simulation, the initial design first; None before all specs are met."""
    task = miller_task(seed, goal=read_goal(text))
    search, best, curve, designs = Search(task), None, [], [task.initial]
    while len(curve) <= budget:
        for design in designs:
            found = SquareLaw().evaluate(task.circuit, design, task.conditions)
            search.tell(design, found)
            judged = score(found, task.specs)
            value = task.goal.value(task.circuit, design, found.metrics, judged.specs) if judged.passed else None
            if value is not None and (best is None or gained(task, value) > gained(task, best)):
                best = value
            curve.append(best)
        designs = [suggestion.parameters for suggestion in search.ask()]
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.goal", description=__doc__.splitlines()[0])
    parser.add_argument("--goals", default="minimize power,maximize gbw,maximize margin", help="with commas between")
    parser.add_argument("--seeds", default="0,1", help="of the starts, with commas between")
    parser.add_argument("--budget", type=int, default=400, help="simulations (400)")
    options = parser.parse_args()
    print(f"| goal | seed | after {' / '.join(map(str, MARKS))} | CPU s |\n| --- | ---: | --- | ---: |", flush=True)
    for text in options.goals.split(","):
        for seed in map(int, options.seeds.split(",")):
            started = time.process_time()
            curve = play(text, seed, options.budget)
            shown = ["-" if curve[mark] is None else f"{curve[mark]:.4g}" for mark in MARKS if mark < len(curve)]
            print(f"| {text} | {seed} | {' / '.join(shown)} | {time.process_time() - started:.1f} |", flush=True)


if __name__ == "__main__":
    main()
