"""Many stored sessions: ``python -m tests.bench.sessions`` makes 100,000 and times the Sessions page on them.

What is timed is everything that the server does for one view of the page, plots and HTML included. A database that is
there already is measured as it is.
"""

import argparse
import random
import sqlite3
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
from sizing_app.store.bulk import WholeSession
from sizing_app.ui.library.filters import order, read_filters
from sizing_app.ui.library.sessions_page import SessionsPage
from sizing_app.ui.services import Services, policy_titles

CIRCUITS = ("OTA", "MILLER", "ADCL", "OPAMP1", "OPAMP2", "OPAMP3")
POLICIES = ("tl-grpo", "sft", "bayes", "random", "lookup", "mlp")
SOURCES = ("app", "cli", "standard", "tight")
TAGS = ("thesis", "low power", "to discuss", "failed start")
ORIGINALS, BATCH, COPIES = 1000, 100, 20_000
"""Sessions with contents of their own, and how many are stored at once, of these and of copies."""
YEAR = 365 * 86400
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
    if store.count() < chosen.sessions:
        started, spent = time.perf_counter(), time.process_time()
        fill(store, chosen.database, chosen.sessions)
        print(f"made and stored in {time.perf_counter() - started:.0f} s, {time.process_time() - spent:.0f} s of CPU")
    print(f"{store.count()} sessions, {chosen.database.stat().st_size / 1e9:.2f} GB")
    measure(store, chosen.repeats)
    store.close()


def fill(store: SessionStore, path: Path, count: int) -> None:
    """Store sessions until there are ``count``: ORIGINALS with contents of their own, then copies of these with other
    ids and dates, which the database makes by itself."""
    draw = random.Random(0)
    circuits = {name: load_circuit(name) for name in CIRCUITS}
    designs = {name: [random_design(circuit, seed) for seed in range(DESIGNS)] for name, circuit in circuits.items()}
    now = time.time()
    for _ in range(max(0, min(ORIGINALS, count) - store.count()) // BATCH):
        names = [draw.choice(CIRCUITS) for _ in range(BATCH)]
        store.insert([a_session(circuits[name], designs[name], draw, now - YEAR * draw.random()) for name in names])
    with sqlite3.connect(path) as raw:
        while (missing := count - raw.execute("SELECT count(*) FROM sessions").fetchone()[0]) > 0:
            copy(raw, min(missing, COPIES))


def copy(raw: sqlite3.Connection, count: int) -> None:
    """Up to ``count`` stored sessions once more, turns and tags with them."""
    raw.execute("DROP TABLE IF EXISTS temp.copies")
    raw.execute(f"""CREATE TEMP TABLE copies AS SELECT id AS old, lower(hex(randomblob(5))) AS new,
        unixepoch() - abs(random()) % {YEAR} AS at FROM sessions LIMIT {count}""")
    raw.execute("CREATE INDEX temp.copies_old ON copies(old)")
    for table, key in (("sessions", "id"), ("turns", "session_id"), ("session_tags", "session_id")):
        columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})") if (table, row[1]) != ("turns", "id")]
        values = [{key: "copies.new", "created": "copies.at"}.get(name, f"{table}.{name}") for name in columns]
        raw.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM copies "
                    f"JOIN {table} ON {table}.{key} = copies.old")
    raw.commit()


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
    """Times of every kind of view in a table: wall time, and CPU time, which a busy machine disturbs less."""
    services = Services({name: load_circuit(name) for name in CIRCUITS}, store, Hub(), None, None,
                        policy_titles(chat=False), "OTA")
    with gr.Blocks():
        page = SessionsPage(services)
    print(f"\n{'view':<40}{'rows':>8}{'p50 ms':>9}{'p95 ms':>9}{'CPU p50':>9}{'CPU p95':>9}")
    worst = 0.0
    for title, fields, rows in views(store):
        found = store.count(**read_filters(fields).filters)
        high = line(title, found, [timed(lambda fields=fields, rows=rows: page._shown(fields, dict(rows)))
                                   for _ in range(repeats)])
        worst = max(worst, high)
    session_id = store.list(sort="best_reward", limit=1)[0].id
    line("one session under review", 1, [timed(lambda: page.review.opened(session_id)) for _ in range(repeats)])
    print(f"\nslowest p95 {1e3 * worst:.0f} ms of CPU, limit {1e3 * LIMIT:.0f} ms: "
          f"{'kept' if worst <= LIMIT else 'NOT KEPT'}")


def line(title: str, found: int, times: list[tuple[float, float]]) -> float:
    """Print a row; returns the 95th percentile of its CPU time (s)."""
    (wall, wall_high), (cpu, cpu_high) = (np.percentile(column, (50, 95)) for column in zip(*times, strict=True))
    print(f"{title:<40}{found:>8}" + "".join(f"{1e3 * value:>9.0f}" for value in (wall, wall_high, cpu, cpu_high)),
          flush=True)
    return cpu_high


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


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    started, spent = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - started, time.process_time() - spent


if __name__ == "__main__":
    main()
