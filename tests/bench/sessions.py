"""Many stored sessions: ``python -m tests.bench.sessions`` makes 100,000 and times the Sessions page on them.

What is timed is everything that the server does for one view of the page, plots and HTML included. A database that is
there already is measured as it is.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import numpy as np

from sizing_app.circuits import load_circuit
from sizing_app.domain import Circuit, Measurement, Proposal, Task, Turn
from sizing_app.events import SessionFinished, SessionStarted, TurnFinished
from sizing_app.hub import Hub
from sizing_app.policy.designs import random_design
from sizing_app.reward import reached, score
from sizing_app.store import SessionStore
from sizing_app.store_bulk import WholeSession
from sizing_app.ui.filters import order
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.sessions import SessionsPage

CIRCUITS = ("OTA", "MILLER", "ADCL", "OPAMP1", "OPAMP2", "OPAMP3")
POLICIES = ("tl-grpo", "sft", "bayes", "random", "lookup", "mlp")
SOURCES = ("app", "cli", "standard", "tight")
TAGS = ("thesis", "low power", "to discuss", "failed start")
BATCH = 1000
"""Sessions a transaction."""
DESIGNS = 200
"""Different designs of a circuit."""
BUDGET = 5
LIMIT = 0.5
"""Seconds that a view may take."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--database", type=Path, default=Path("data/bench-sessions.db"), help="SQLite file")
    parser.add_argument("--repeats", type=int, default=5, help="times that every view is asked for (5)")
    chosen = parser.parse_args()
    store = SessionStore(f"sqlite:///{chosen.database}")
    missing = chosen.sessions - store.count()
    if missing > 0:
        started = time.perf_counter()
        fill(store, missing)
        seconds = time.perf_counter() - started
        print(f"{missing} sessions made and stored in {seconds:.0f} s, {missing / seconds:.0f} a second")
    print(f"{store.count()} sessions, {chosen.database.stat().st_size / 1e9:.2f} GB")
    measure(store, chosen.repeats)
    store.close()


def fill(store: SessionStore, count: int) -> None:
    """Store ``count`` sessions over the last year."""
    draw = random.Random(0)
    circuits = {name: load_circuit(name) for name in CIRCUITS}
    designs = {name: [random_design(circuit, seed) for seed in range(DESIGNS)] for name, circuit in circuits.items()}
    now = time.time()
    for first in range(0, count, BATCH):
        batch = [a_session(circuits[name], designs[name], draw, now - 365 * 86400 * (1 - (first + place) / count))
                 for place in range(min(BATCH, count - first)) for name in (draw.choice(CIRCUITS),)]
        store.insert(batch)


def a_session(circuit: Circuit, designs: list, draw: random.Random, created: float) -> WholeSession:
    """Real circuit and specs, reasoning in the words of the checkpoints; metrics that come nearer to their targets."""
    skill = draw.random()
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, draw.choice(designs), BUDGET, draw.randrange(10**6))
    turns = []
    for index in range(BUDGET + 1):
        design = draw.choice(designs) if index else task.initial
        spread = 0.6 * (1 - skill) ** index if index else 0.8
        metrics = {spec.metric: (spec.low if spec.low is not None else spec.high) * (1 + draw.gauss(0.02, spread) * (
            1 if spec.low is not None else -1)) for spec in task.specs}
        measured = Measurement("ok", metrics, seconds=0.03)
        words = reasoning(circuit, draw) if index else ""
        turns.append(Turn(index, Proposal(design, f"<Analyze>{words}</Analyze>" if index else "", words), measured,
                          score(measured, task.specs), draw.uniform(0.1, 3.0)))
        if turns[-1].score.passed:
            break
    end = SessionFinished("passed" if reached(tuple(turns)) else "budget")
    return WholeSession(
        [SessionStarted(task, draw.choice(POLICIES)), *map(TurnFinished, turns), end], draw.choice(SOURCES), created,
        note="worth a second look" if draw.random() < 0.01 else "", starred=draw.random() < 0.01,
        tags=(draw.choice(TAGS),) if draw.random() < 0.02 else ())


def reasoning(circuit: Circuit, draw: random.Random) -> str:
    metrics = draw.sample([metric.name for metric in circuit.metrics], 3)
    moved = draw.sample([parameter.name for parameter in circuit.parameters], 3)
    return (f"Turn {draw.randrange(6)} misses {metrics[0]} by {draw.choice((5, 10, 20, 40))}% and {metrics[1]} by "
            f"{draw.choice((5, 10, 20))}%, {draw.randrange(8)} of 8 specs are met. I raise {moved[0]} and {moved[1]} "
            f"and cut {moved[2]}. I expect {metrics[0]} up and {metrics[2]} down.")


def measure(store: SessionStore, repeats: int) -> None:
    """Times of every kind of view, in a table."""
    hub = Hub()
    services = Services({name: load_circuit(name) for name in CIRCUITS}, store, hub, None, None,
                        policy_titles(chat=False), "OTA")
    with gr.Blocks():
        page = SessionsPage(services)
    print(f"\n{'view':<42}{'rows':>8}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}")
    worst = 0.0
    for title, fields, rows in views(store):
        times = [timed(lambda fields=fields, rows=rows: page._shown(fields, dict(rows))) for _ in range(repeats)]
        middle, high, most = np.percentile(times, (50, 95, 100)) * 1e3
        found = store.count(**page_filters(fields))
        worst = max(worst, high)
        print(f"{title:<42}{found:>8}{middle:>9.0f}{high:>9.0f}{most:>9.0f}")
    session_id = store.list(sort="best_reward", limit=1)[0].id
    times = [timed(lambda: page.review.opened(session_id)) for _ in range(repeats)]
    middle, high, most = np.percentile(times, (50, 95, 100)) * 1e3
    print(f"{'one session under review':<42}{1:>8}{middle:>9.0f}{high:>9.0f}{most:>9.0f}")
    print(f"\nslowest p95 {worst:.0f} ms, limit {1e3 * LIMIT:.0f} ms: {'kept' if worst <= 1e3 * LIMIT else 'NOT KEPT'}")


def page_filters(fields: dict) -> dict:
    from sizing_app.ui.filters import read_filters
    return dict(read_filters(fields).filters)


def views(store: SessionStore) -> Iterator[tuple[str, dict, dict]]:
    """Title, filters of the page, order of its rows."""
    newest, day = order(), time.strftime("%Y-%m-%d", time.gmtime(time.time() - 30 * 86400))
    last = (store.count() - 1) // 25
    yield "first page", {}, newest
    yield "last page", {}, order(page=last)
    yield "by best reward", {}, order("best_reward")
    yield "by simulations", {}, order("turns")
    yield "one circuit", {"circuit": "OTA"}, newest
    yield "one circuit, policy, all specs met", {"circuit": "OTA", "policy": "sft", "only": "passed"}, newest
    yield "one policy by best reward", {"policy": "bayes"}, order("best_reward")
    yield "one source", {"source": "tight"}, newest
    yield "status", {"status": "budget"}, newest
    yield "last 30 days", {"from": day}, newest
    yield "starred", {"only": "starred"}, newest
    yield "tag", {"tag": "thesis"}, newest
    yield "search, a word of a sixth", {"q": "raise w_pcas"}, newest
    yield "search, a word of all", {"q": "expect"}, newest
    yield "search, four words", {"q": "misses gain raise l_in"}, newest
    yield "search in one circuit", {"q": "noise by 40", "circuit": "MILLER"}, newest
    yield "search, an id", {"q": store.list(limit=1)[0].id[:6]}, newest
    yield "search, nothing found", {"q": "zymurgy"}, newest


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
