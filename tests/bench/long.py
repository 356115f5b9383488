"""A session of 1,000 turns: what one more turn costs, in CPU time and in bytes to a page. ``make bench-long``.

CMA-ES on the toy circuit, whose simulation costs nothing: what remains is the search, the loop, the store, the fold and
the page. Figures are medians over the last turns of a session of that length.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from sizing_app.circuit.definition import Spec
from sizing_app.policy import make_policy
from sizing_app.session.events import SessionState, TurnFinished, advance, fold
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, record
from sizing_app.ui.live.board import Board
from sizing_app.ui.parts.design_panel import design_blocks
from sizing_app.ui.parts.live_plot import figure
from sizing_app.ui.parts.search_board import Search
from sizing_app.ui.parts.turn_row import with_head
from sizing_app.ui.parts.turns import Trace
from sizing_app.ui.session.session_view import header_blocks, spec_blocks
from tests.builders import QuadraticSimulator, a_task

LENGTHS = (50, 250, 1000)
LAST = 10
"""Turns that the medians are over."""
MOST_MS, MOST_KB = 100.0, 50.0
"""Of a page update."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", default="cma-es")
    chosen = parser.parse_args()
    task = replace(a_task(budget=LENGTHS[-1]), specs=(Spec("gain", low=70.0, scale=20.0), Spec("power", high=2e-6)))
    with tempfile.TemporaryDirectory() as folder:
        store = SessionStore(f"sqlite:///{Path(folder) / 'long.db'}")
        id = store.create(task, chosen.policy)
        session = run_session(task, make_policy(chosen.policy), QuadraticSimulator(), threading.Event())
        events = record(store, id, session)
        rows = measured(events, id)
        reading = cpu_ms(lambda: fold(store.events(id)))[0]
        store.close()
    print("| turns | one turn: search, loop, store | page update | bytes of it |\n| ---: | ---: | ---: | ---: |")
    for length, turn, page, size in rows:
        print(f"| {length} | {turn:.1f} ms | {page:.1f} ms | {size / 1000:.1f} kB |")
    print(f"Reading the whole session from the database: {reading:.0f} ms of CPU.")
    _, _, page, size = rows[-1]
    kept = page <= MOST_MS and size <= 1000 * MOST_KB
    print(f"Page update at {LENGTHS[-1]} turns: {'within' if kept else 'BEYOND'} {MOST_MS:g} ms and {MOST_KB:g} kB.")
    return 0 if kept else 1


def measured(events, id: str) -> list[tuple[int, float, float, int]]:
    """(turns, CPU ms a turn, CPU ms of a page update, its bytes) at each of LENGTHS."""
    state, trace, search, board, rows = SessionState(), Trace(session_id=id), Search(), Board(), []
    turns, pages, sizes, began = [], [], [], time.process_time()
    for event in events:
        state = advance(state, event)
        if not isinstance(event, TurnFinished):
            continue
        turns.append(1e3 * (time.process_time() - began))
        length = len(state.history) - 1
        if any(wanted - LAST <= length <= wanted for wanted in LENGTHS):
            former = board.number
            page, board = cpu_ms(lambda state=state, board=board: board.showing(parts(state, id, trace, search)))
            pages.append(page)
            sizes.append(len(board.since(former)))
        if length in LENGTHS:
            rows.append((length, median(turns[-LAST:]), median(pages[-LAST:]), int(median(sizes[-LAST:]))))
        began = time.process_time()
    return rows


def parts(state: SessionState, id: str, trace: Trace, search: Search) -> dict:
    """What a watcher's page is made of, as ui/session/session_stream.py draws it."""
    return {"header": header_blocks(state, id), "specs": spec_blocks(state), "design": design_blocks(state, id),
            "plot": figure(state, id), "search": search.blocks(state), "turns": with_head(trace.blocks(state))}


def cpu_ms(action: Callable[[], object]) -> tuple[float, object]:
    began = time.process_time()
    result = action()
    return 1e3 * (time.process_time() - began), result


if __name__ == "__main__":
    raise SystemExit(main())
