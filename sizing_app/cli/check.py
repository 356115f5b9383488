"""``circuits --check``: the table of circuits/README.md, measured."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.units import show_percent, show_share
from sizing_app.cli.progress import Progress
from sizing_app.cli.values import print_json, read_count
from sizing_app.evaluate.check import BUDGET, SUITE, Check, check
from sizing_app.evaluate.check_file import difficulty, write_difficulties
from sizing_app.evaluate.gates import CONSTANT_LIMIT, CONSTANTS
from sizing_app.policy import make_policy
from sizing_app.pools.query_rules import SINGLE_LIMIT
from sizing_app.simulator import make_simulator

POLICIES = ("random", "bayes")
COLUMNS = ("circuit", "process", "parameters", "metrics", "golden", "simulated", "passed", "mean reward",
           *(f"best of {BUDGET}: {name}" for name in POLICIES), "CPU ms", "longest")
APART = ("circuit", "suite", "queries", "witnesses", *CONSTANTS, "single", "stored", "nearest")


def run_check(names: Sequence[str], args: argparse.Namespace) -> int:
    """One row a circuit, printed as it is found; 1 where a golden design fails its specs, or a suite its limits."""
    designs = read_count(args.designs, "--designs", 1, 100_000)
    queries = read_count(args.queries, "--queries", 1, 100_000)
    policies, found = [make_policy(name) for name in POLICIES], []
    if not args.json:
        print("\n".join(_line(cells) for cells in (COLUMNS, ["---"] * len(COLUMNS))))
    with make_simulator(args.simulator) as simulator:
        for name in names:
            found.append(check(load_circuit(name), simulator, policies, designs, queries, simulator.seats,
                               Progress("simulations and sessions")))
            if not args.json:
                print(_line(_row(found[-1])), flush=True)
            if args.out:
                write_difficulties(Path(args.out), [difficulty(found[-1])])
    if args.json:
        print_json([asdict(row) for row in found])
    else:
        print(_note(designs, queries))
        print("\n".join(_apart(found)))
    problems = [f"{row.circuit} {problem}" for row in found for gates in row.gates for problem in gates.problems]
    for problem in problems:
        print(f"sizing_app: {problem}", file=sys.stderr)
    return 0 if all(row.golden.passed for row in found) and not problems else 1


def _apart(found: Sequence[Check]) -> list[str]:
    """The table of what the test queries are worth; nothing where no circuit has any."""
    lines = [_line([row.circuit, gates.suite, str(gates.queries), show_percent(gates.witnesses),
                    *(_share(gates.constants.get(name)) for name in CONSTANTS), show_percent(gates.single),
                    _share(gates.stored), "-" if gates.nearest is None else f"{gates.nearest:.3f}"])
             for row in found for gates in row.gates]
    note = ("\nwitnesses: share of the test queries whose witness meets them again. golden, centre, middle: share that "
            f"the design meets, at most {CONSTANT_LIMIT:.0%}. single: share that one design a place meets, the best in "
            f"hindsight, at most {SINGLE_LIMIT:.0%}. stored: share that some stored design meets. nearest: median "
            "distance of a witness to the nearest stored design, root mean square over the unit cube's sides.")
    return ["", *(_line(cells) for cells in (APART, ["---"] * len(APART))), *lines, note] if lines else []


def _share(value: float | None) -> str:
    return "-" if value is None else show_percent(value)


def _row(row: Check) -> list[str]:
    met = sum(spec.met for spec in row.golden.specs)
    best = [f"{row.best[name]:.3f}" if name in row.best else "-" for name in POLICIES]
    return [row.circuit + (" (held out)" if row.held_out else ""), row.process, str(row.parameters), str(row.metrics),
            f"{met} of {len(row.golden.specs)}", show_share(row.simulated), show_share(row.passed),
            f"{row.mean:.4f}", *best, f"{row.cpu_ms:.0f}", f"{row.cpu_ms_longest:.0f}"]


def _note(designs: int, queries: int) -> str:
    return (f"\ngolden: default specs that the golden design meets.\nsimulated, passed, mean reward, CPU ms (median) "
            f"and longest: {designs} random designs, nominal conditions, default specs.\nbest of {BUDGET}: mean reward "
            f"of the best turn, initial design included, over the first {queries} queries of the suite {SUITE}.")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
