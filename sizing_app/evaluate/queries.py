"""Make the benchmark queries: ``python -m sizing_app queries``, all circuits, or ``--circuits OTA,MILLER``.

No training data is used beyond the stored designs that a climb begins from; every query is proved reachable by a
simulated design of its own. draw.py says how a query is drawn, docs/benchmark.md what the suites are. An interrupted
run goes on with the query that it was at; what the climbs simulated stays in ``--climbs``, in the arrays of a pool.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import TEST, VALIDATION, circuit_names, file_of, load_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.evaluate.bench import Bench
from sizing_app.evaluate.draw import SEEDS, SIMULATIONS, Drawer, QueryError, splits_of, suites_of
from sizing_app.evaluate.suites import VERSION
from sizing_app.pools.designs import PoolError
from sizing_app.pools.query_rules import SLACK, STRETCH
from sizing_app.simulator import SimulatorPool

CLIMBS = Path("runs/climbs")
COUNTS = {VALIDATION: 50, TEST: 100}


def make_queries(circuit: Circuit, bench: Bench, counts: dict[str, int], climbs: Path, out: Path, simulations: int,
                 report: Callable[[str], None] = print) -> None:
    """So many queries of each split, into ``out``/SPLIT/SUITE.json. Raises QueryError."""
    for split, count in counts.items():
        drawer = Drawer(circuit, split, count, bench, climbs / circuit.name / split, simulations)
        entries = []
        for number in range(count):
            known = bench.count
            entries.append(drawer.draw(number))
            if bench.count > known:
                report(_progress(circuit, split, count, entries))
        for suite in suites_of(circuit):
            _write(out / split / f"{suite}.json", document(circuit, suite, split, simulations, entries))


def document(circuit: Circuit, suite: str, split: str, simulations: int, entries: Sequence[dict]) -> dict:
    """A suite as its file holds it; suites.py describes the queries."""
    command = f"python -m sizing_app queries --circuits {circuit.name}"
    return {"version": VERSION, "circuit": circuit.name, "suite": suite, "split": split, "recipe": recipe(suite),
            "simulations": simulations, "seed": SEEDS[split], "command": command, "queries": [
                {**{key: entry[key] for key in ("conditions", "initial", "seed", "witness", "drivers")},
                 **entry["suites"][suite]} for entry in entries]}


def recipe(suite: str) -> str:
    """How a suite's queries are drawn, in the names of docs/benchmark.md."""
    low, high = SLACK.get(suite, SLACK["standard"])
    wide = f"WIDE, loosened by {low:.0%} to {high:.0%}"
    if suite in STRETCH:
        return f"{wide}; RERANGE, {STRETCH[suite][0]:g} to {STRETCH[suite][1]:g} times as wide"
    return f"{wide}; HIDDEN" if suite == "shifted" else wide


def _write(path: Path, found: dict) -> None:
    """One query a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps({**found, "queries": []}, indent=1).removesuffix("[]\n}")
    path.write_text(head + "[\n" + ",\n".join(map(json.dumps, found["queries"])) + "\n]}\n")


def _progress(circuit: Circuit, split: str, count: int, entries: Sequence[dict]) -> str:
    spent = [sum(entry[key] for entry in entries) / len(entries) for key in ("simulations", "cpu_seconds")]
    refused: dict[str, int] = {}
    for entry in entries:
        for reason, times in entry["refused"].items():
            refused[reason] = refused.get(reason, 0) + times
    return (f"{circuit.name} {split}: {len(entries)} of {count} queries; each {spent[0]:.0f} simulations, "
            f"{spent[1]:.1f} CPU s; drawn again: {', '.join(f'{key} {n}' for key, n in refused.items()) or 'none'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command ``queries``: 1 where a circuit has no queries in the end."""
    parser = argparse.ArgumentParser(prog="sizing queries", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuits", default=",".join(circuit_names()), metavar="A,B", help="default: all")
    parser.add_argument("--test", type=int, default=COUNTS[TEST], metavar="N", help="test queries of each suite")
    parser.add_argument("--validation", type=int, default=COUNTS[VALIDATION], metavar="N",
                        help="validation queries; held-out circuits have none")
    parser.add_argument("--simulations", type=int, default=SIMULATIONS, metavar="N", help="of one climb")
    parser.add_argument("--climbs", type=Path, default=CLIMBS, metavar="FOLDER", help="what is simulated, and drawn so "
                        f"far ({CLIMBS})")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="simulator processes (1)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for FOLDER/CIRCUIT/SPLIT/SUITE.json; default: "
                        "circuits/CIRCUIT/queries")
    chosen = parser.parse_args(arguments)
    counts, failed = {VALIDATION: chosen.validation, TEST: chosen.test}, 0
    with threadpool_limits(1), SimulatorPool(chosen.workers, deadline=30.0) as simulator:
        for name in _names(chosen.circuits):
            try:
                circuit = load_circuit(name)
                out = chosen.out / name if chosen.out else file_of(circuit, "queries")
                own = {split: counts[split] for split in splits_of(circuit)}
                make_queries(circuit, Bench(simulator), own, chosen.climbs, out, chosen.simulations,
                             lambda text: print(text, flush=True))
            except (CircuitError, PoolError, QueryError) as error:
                print(f"sizing queries: {error}", file=sys.stderr)
                failed = 1
    return failed


def _names(text: str) -> Iterable[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
