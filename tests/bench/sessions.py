"""Many stored sessions: ``python -m tests.bench.sessions`` makes 100,000 and times the Sessions page on them.

What is timed is everything that the server does for one view of the page, plots and HTML included. A database that is
there already is measured as it is.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator

import gradio as gr
import numpy as np
from sqlalchemy import Connection, column, create_engine, insert, make_url, select, table

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuit
from sizing_app.hub import Hub
from sizing_app.policy.designs import random_design
from sizing_app.session.events import SessionFinished, SessionStarted, TurnFinished
from sizing_app.store import SessionStore
from sizing_app.store.bulk import WholeSession
from sizing_app.store.rows import new_id
from sizing_app.store.tables import SessionRow, TagRow, TurnRow
from sizing_app.task.definition import Task
from sizing_app.task.reward import reached, score
from sizing_app.task.turn import Measurement, Proposal, Turn
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
GIVEN = ((TurnRow, "id"), (SessionRow, "number"))
"""Columns that the database gives a row."""
LIMITS = {"sqlite": ("of CPU", 0.5), "postgresql": ("by the clock", 3.0)}
"""Seconds that a view may take; SQLite works in this process, PostgreSQL in others."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite:///data/bench-sessions.db", help="URL of SQLite or PostgreSQL")
    parser.add_argument("--repeats", type=int, default=5, help="times that every view is asked for (5)")
    chosen = parser.parse_args()
    store = SessionStore(chosen.database, timeout=60)
    if store.count() < chosen.sessions:
        started, spent = time.perf_counter(), time.process_time()
        fill(store, chosen.database, chosen.sessions)
        print(f"made and stored in {time.perf_counter() - started:.0f} s, {time.process_time() - spent:.0f} s of CPU")
    kind = make_url(chosen.database).get_backend_name()
    print(f"{store.count()} sessions in {kind}")
    measure(store, chosen.repeats, *LIMITS[kind])
    store.close()


def fill(store: SessionStore, url: str, count: int) -> None:
    """Store sessions until there are ``count``: ORIGINALS with contents of their own, then copies of these with other
    ids and dates, which the database makes by itself."""
    draw = random.Random(0)
    circuits = {name: load_circuit(name) for name in CIRCUITS}
    designs = {name: [random_design(circuit, seed) for seed in range(DESIGNS)] for name, circuit in circuits.items()}
    now = time.time()
    for _ in range(max(0, min(ORIGINALS, count) - store.count()) // BATCH):
        names = [draw.choice(CIRCUITS) for _ in range(BATCH)]
        store.insert([a_session(circuits[name], designs[name], draw, now - YEAR * draw.random()) for name in names])
    engine = create_engine(url)
    while (missing := count - store.count()) > 0:
        with engine.begin() as connection:
            copy(connection, min(missing, COPIES), draw)
    if engine.dialect.name == "postgresql":  # which it does by itself when it has the time
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def copy(connection: Connection, count: int, draw: random.Random) -> None:
    """Up to ``count`` stored sessions once more, turns and tags with them."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS copies")
    connection.exec_driver_sql("CREATE TEMPORARY TABLE copies (old VARCHAR(16) PRIMARY KEY, new VARCHAR(16), "
                               "at DOUBLE PRECISION)")
    copies = table("copies", column("old"), column("new"), column("at"))
    olds = connection.scalars(select(SessionRow.id).limit(count)).all()
    connection.execute(insert(copies), [{"old": old, "new": new_id(), "at": time.time() - YEAR * draw.random()}
                                        for old in olds])
    changed = {"id": copies.c.new, "session_id": copies.c.new, "created": copies.c.at}
    for row, key in ((SessionRow, "id"), (TurnRow, "session_id"), (TagRow, "session_id")):
        whole = row.__table__
        names = [each.name for each in whole.columns if (row, each.name) not in GIVEN]
        rows = select(*(changed.get(name, whole.c[name]) for name in names)).join_from(
            copies, whole, whole.c[key] == copies.c.old)
        connection.execute(insert(whole).from_select(names, rows, include_defaults=False))


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


def measure(store: SessionStore, repeats: int, clock: str, limit: float) -> None:
    """Times of every kind of view in a table: wall time, and CPU time, which a busy machine disturbs less."""
    services = Services({name: load_circuit(name) for name in CIRCUITS}, store, Hub(), None, None,
                        policy_titles(chat=False), "OTA")
    with gr.Blocks():
        page = SessionsPage(services)
    print(f"\n{'view':<40}{'rows':>8}{'p50 ms':>9}{'p95 ms':>9}{'CPU p50':>9}{'CPU p95':>9}")
    worst = 0.0
    for title, fields, rows in views(store):
        found = store.count(**read_filters(fields).filters)
        highs = line(title, found, [timed(lambda fields=fields, rows=rows: page._shown(fields, dict(rows)))
                                    for _ in range(repeats)])
        worst = max(worst, highs[clock])
    session_id = store.list(sort="best_reward", limit=1)[0].id
    line("one session under review", 1, [timed(lambda: page.review.opened(session_id)) for _ in range(repeats)])
    print(f"\nslowest p95 {1e3 * worst:.0f} ms {clock}, limit {1e3 * limit:.0f} ms: "
          f"{'kept' if worst <= limit else 'NOT KEPT'}")


def line(title: str, found: int, times: list[tuple[float, float]]) -> dict[str, float]:
    """Print a row; returns the 95th percentiles of its times (s)."""
    (wall, wall_high), (cpu, cpu_high) = (np.percentile(column, (50, 95)) for column in zip(*times, strict=True))
    print(f"{title:<40}{found:>8}" + "".join(f"{1e3 * value:>9.0f}" for value in (wall, wall_high, cpu, cpu_high)),
          flush=True)
    return {"by the clock": wall_high, "of CPU": cpu_high}


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
