"""How hard a circuit is, and whether random designs simulate: the figures of the table in circuits/README.md."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from statistics import fmean, median
from threading import Event

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import TEST, golden, suite_names
from sizing_app.evaluate.bench import Bench
from sizing_app.evaluate.gates import Gates, gated, gates
from sizing_app.evaluate.suites import Query, load_queries
from sizing_app.policy.designs import random_design
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.task.protocols import Job, Policy, Simulator
from sizing_app.task.reward import score
from sizing_app.task.turn import Score

SUITE = "standard"
BUDGET = 5
"""Simulations of a session after its initial design."""
Progress = Callable[[int, int, str], None]
"""Hears what is done, how much there is, and of what."""


@dataclass(frozen=True)
class Check:
    """One row of the table. Designs are judged under nominal conditions and the default specs."""

    circuit: str
    process: str
    held_out: bool
    parameters: int
    metrics: int
    golden: Score
    """The golden design, simulated again."""
    designs: int
    """Random designs, uniform on each parameter's scale."""
    simulated: float
    """Share of them that end in ``ok``."""
    passed: float
    """Share of them that meet every spec."""
    mean: float
    """Mean reward of one of them."""
    cpu_ms: float
    """Median CPU time of one simulation (ms), and the longest."""
    cpu_ms_longest: float
    queries: int
    best: dict[str, float]
    """Policy to the mean reward of the best turn, initial design included; empty for a circuit without queries."""
    gates: tuple[Gates, ...] = ()
    """Whether its test queries tell methods apart, suite by suite."""


def check(circuit: Circuit, simulator: Simulator, policies: Sequence[Policy], designs: int, queries: int,
          threads: int, progress: Progress = lambda *_: None) -> Check:
    """Simulate the golden design and random ones, and let each policy size the first standard queries."""
    nominal = circuit.conditions.nominal
    tried = [random_design(circuit, seed) for seed in range(designs)]
    waiting = load_queries(circuit, SUITE, TEST)[:queries] if SUITE in suite_names(circuit, TEST) else []
    step, total = count(1), designs + len(waiting) * len(policies)

    def heard(results: Iterable, what: str) -> list:
        found = []
        for item in results:
            found.append(item)
            progress(next(step), total, f"{circuit.name} {what}")
        return found

    waits = simulator.submit([Job(circuit, design, nominal) for design in tried])
    measured = heard((answer.result() for answer in waits), "random designs")
    with ThreadPoolExecutor(threads, thread_name_prefix="check") as pool:
        best = {policy.name: fmean(heard(pool.map(_session(circuit, policy, simulator), waiting), policy.name))
                for policy in policies if waiting}
        apart = tuple(gates(circuit, suite, Bench(simulator), pool) for suite in gated(circuit))
    scores = [score(item, circuit.specs) for item in measured]
    return Check(
        circuit.name, circuit.process, circuit.held_out, len(circuit.parameters), len(circuit.metrics),
        score(simulator.evaluate(circuit, golden(circuit)["parameters"], nominal), circuit.specs), designs,
        fmean(item.ok for item in measured), fmean(item.passed for item in scores),
        fmean(item.reward for item in scores), 1e3 * median(item.cpu for item in measured),
        1e3 * max(item.cpu for item in measured), len(waiting), best, apart)


def _session(circuit: Circuit, policy: Policy, simulator: Simulator) -> Callable[[Query], float]:
    """A query to the best reward that the policy reaches."""
    def run(query: Query) -> float:
        return fold(run_session(query.task(circuit, BUDGET), policy, simulator, Event())).best.reward
    return run
