"""Watchers of running sessions: ``python -m tests.bench.watchers`` lets 100 browsers follow 10 sessions for 10 minutes.

The server is app.py in a process of its own, with ngspice and SQLite; the sessions' replies come from a paced model
server. A watcher is what a browser is to the server: it follows the stream of a session, asks for the controls when the
session enters another phase, and now and then enters a text of its own on the Compare page and waits for the answer.
Printed: how old an update is when it arrives, memory of the server over time, and whether any watcher saw a word of
another's session or of what another one typed.
"""

import argparse
import asyncio
import json
import os
import random
import re
import secrets
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuit
from tests.bench.paced_model import PacedModel
from tests.e2e.conftest import App, serve
from tests.launcher import Launcher

CIRCUIT, BUDGET = "OTA", 20
FIRST_TARGET = 200
"""DC gain (dB) that the first session is asked for; the next ones ask for one more each. None can reach it."""
LIMIT = 1.0
"""Seconds that an update may take."""
GROWTH = 0.1
"""Share of its memory that the server may grow by in ten minutes."""
LOOK, SAMPLE = 0.02, 2.0
"""Seconds between two looks for stored turns, and for memory."""
PAUSE = 20.0
"""Seconds between an answer and the next text that a watcher types."""
WORD = re.compile(r"(\d{3})@(\d+\.\d{3})")
SHOWN = re.compile(r'Turn (\d+)</h3><span class=\\"reward')
TYPED = re.compile(r"private\d+")
PHASE = '"part": "phase"'


@dataclass
class Seen:
    """What the bench found, of all watchers together."""

    words: list[float] = field(default_factory=list)
    """Seconds from writing to arrival, of the oldest new word of every update."""
    shown: list[tuple[str, int, float, float]] = field(default_factory=list)
    """Session, turn, when a watcher got it first, and since when it followed that session."""
    stored: dict[tuple[str, int], float] = field(default_factory=dict)
    """(session, turn) to the time at which it was seen in the database."""
    updates: int = 0
    typed: int = 0
    answers: dict[str, list[float]] = field(default_factory=dict)
    """What a watcher types to the seconds after which it came back, each time."""
    leaks: list[str] = field(default_factory=list)
    server: list[tuple[float, float, float]] = field(default_factory=list)
    """(seconds since the start, MB, seconds of CPU)."""


class Slot:
    """A session that runs, and after its end another one: watchers wait for its id. All are started by one client."""

    def __init__(self, number: int):
        self.target, self.id, self.changed = FIRST_TARGET + number, "", asyncio.Condition()
        self.client = secrets.token_hex(6)

    async def run(self, client: httpx.AsyncClient, circuit: Circuit) -> None:
        specs = {spec.metric: {side: value for side in ("low", "high") if (value := getattr(spec, side)) is not None}
                 for spec in circuit.specs} | {"gain": {"low": self.target}}
        arguments = [circuit.name, "chat", specs, None, None, BUDGET, self.target, "nominal", "stop", False, 0,
                     "95%", ""]
        while True:
            asked = await client.post("/gradio_api/call/size",
                                      json={"data": arguments, "session_hash": self.client})
            async with client.stream("GET", f"/gradio_api/call/size/{asked.json()['event_id']}") as answer:
                async for line in answer.aiter_lines():
                    found = re.search(r'"session_id": ?"(\w+)"', line) if line.startswith("data:") else None
                    if found and found[1] != self.id:
                        async with self.changed:
                            self.id = found[1]
                            self.changed.notify_all()
                        break
            async for _ in stream_lines(client, self.id):
                pass

    async def other_than(self, id: str) -> str:
        async with self.changed:
            await self.changed.wait_for(lambda: self.id not in ("", id))
            return self.id


class Watcher:
    """One browser: follows the session of its slot, then the next one there; types a text that is its own."""

    def __init__(self, number: int, slot: Slot, events: dict[str, int], seen: Seen):
        self.slot, self.events, self.seen, self.typed = slot, events, seen, f"private{number:03d}"
        self.page, self.asking = secrets.token_hex(6), asyncio.Lock()
        self.id, self.entered = "", asyncio.Event()
        """The session that it follows, and whether that has entered another phase."""
        self.joined = self.newest = 0.0
        """Since when it follows its session, and the time of the newest word so far."""
        self.turns: set[str] = set()

    async def run(self, client: httpx.AsyncClient) -> None:
        await asyncio.gather(self._follow(client), self._control(client), self._type(client))

    async def _follow(self, client: httpx.AsyncClient) -> None:
        while True:
            self.id = await self.slot.other_than(self.id)
            self.joined = self.newest = time.time()
            self.turns.clear()
            async for line in stream_lines(client, self.id):
                self._read(line, time.time())

    async def _control(self, client: httpx.AsyncClient) -> None:
        """As the page: what the controls show goes with the question, and comes back with the answer."""
        shown: dict = {}
        while True:
            await self.entered.wait()
            self.entered.clear()
            answer = await self._ask(client, "phase", [self.id, shown])
            shown = json.loads(answer)["output"]["data"][0]

    async def _type(self, client: httpx.AsyncClient) -> None:
        await asyncio.sleep(random.uniform(0, PAUSE))
        while True:
            self.seen.typed += 1
            asked = time.time()
            if self.typed in await self._ask(client, "compare", [self.typed]):
                self.seen.answers.setdefault(self.typed, []).append(time.time() - asked)
            await asyncio.sleep(PAUSE)

    async def _ask(self, client: httpx.AsyncClient, event: str, data: list) -> str:
        """One event of the page and its answer, as JSON; the next one waits."""
        async with self.asking:
            joined = await client.post("/gradio_api/queue/join", json={
                "data": data, "fn_index": self.events[event], "session_hash": self.page, "event_data": None})
            joined.raise_for_status()
            answer, address = "", f"/gradio_api/queue/data?session_hash={self.page}"
            async with client.stream("GET", address, timeout=None) as messages:
                async for line in messages.aiter_lines():
                    self._check(line)
                    if '"process_completed"' in line:
                        answer = line.removeprefix("data:")
                    if '"close_stream"' in line:
                        return answer
        raise ConnectionError("the server closed the connection before it had answered")

    def _check(self, line: str) -> list[str]:
        """Times of the words in a line; those of other sessions and what others typed are leaks."""
        words = WORD.findall(line)
        self.seen.leaks += [f"{self.typed} saw session {mark}" for mark, _ in words if int(mark) != self.slot.target]
        self.seen.leaks += [f"{self.typed} saw {text}" for text in TYPED.findall(line) if text != self.typed]
        return [at for _, at in words]

    def _read(self, line: str, now: float) -> None:
        """A line of the stream."""
        new = [float(at) for at in self._check(line) if float(at) > self.newest]
        self.seen.updates += line.startswith("data: [")
        if PHASE in line:
            self.entered.set()
        if new:
            self.seen.words.append(now - min(new))
            self.newest = max(new)
        for turn in set(SHOWN.findall(line)) - self.turns:
            self.turns.add(turn)
            self.seen.shown.append((self.id, int(turn), now, self.joined))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--watchers", type=int, default=100)
    parser.add_argument("--sessions", type=int, default=10, help="sessions that run at a time (10)")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pace", type=float, default=20.0, help="words a second that the model writes (20)")
    chosen = parser.parse_args()
    circuit = load_circuit(CIRCUIT)
    model = PacedModel(circuit, chosen.pace)
    with tempfile.TemporaryDirectory() as folder, closing(Launcher()) as launcher:
        server = serve(launcher, Path(folder), "--base-url", model.url, "--model", model.name)
        app = next(server)
        seen = asyncio.run(watch(app, circuit, chosen, Path(folder) / "sessions.db"))
        server.close()
    model.shutdown()
    report(seen, chosen)


async def watch(app: App, circuit: Circuit, chosen: argparse.Namespace, database: Path) -> Seen:
    """Everything at once, for the time that was asked for."""
    seen, slots = Seen(), [Slot(number) for number in range(chosen.sessions)]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=app.url, limits=limits, timeout=600) as client:
        events = found_events((await client.get("/config")).json())
        watchers = [Watcher(number, slots[number % len(slots)], events, seen) for number in range(chosen.watchers)]
        jobs = [*(slot.run(client, circuit) for slot in slots), *(watcher.run(client) for watcher in watchers),
                note_stored(database, seen), note_server(app.process.pid, seen)]
        tasks = [asyncio.create_task(job) for job in jobs]
        done, _ = await asyncio.wait(tasks, timeout=60 * chosen.minutes, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    return seen


async def stream_lines(client: httpx.AsyncClient, id: str) -> AsyncIterator[str]:
    """The lines of a session's stream, until the session has ended."""
    async with client.stream("GET", "/live/session", params={"id": id}, timeout=None) as updates:
        async for line in updates.aiter_lines():
            if line == "event: end":
                return
            yield line


def found_events(config: dict) -> dict[str, int]:
    """Numbers of the events that a watcher joins: another phase of its session, and comparing what was typed."""
    named = {component["props"].get("elem_id"): component["id"] for component in config["components"]}
    events = {tuple(target): dependency["id"] for dependency in config["dependencies"]
              for target in dependency["targets"]}
    return {"phase": events[named["run-stream"], "phase"], "compare": events[named["compare-ids"], "submit"]}


async def note_stored(database: Path, seen: Seen) -> None:
    """When turns appear in the database, read from outside."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as raw:
        last = 0
        while True:
            rows = raw.execute("SELECT id, session_id, position FROM turns WHERE id > ? ORDER BY id",
                               (last,)).fetchall()
            seen.stored.update({(session, position): time.time() for _, session, position in rows})
            last = rows[-1][0] if rows else last
            await asyncio.sleep(LOOK)


async def note_server(process: int, seen: Seen) -> None:
    """Memory and CPU time of the server's own process."""
    started, page, tick = time.monotonic(), os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    while True:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
        seen.server.append((time.monotonic() - started, pages * page / 1e6, (int(user) + int(system)) / tick))
        await asyncio.sleep(SAMPLE)


def report(seen: Seen, chosen: argparse.Namespace) -> None:
    turns = [now - stored for id, turn, now, joined in seen.shown
             if (stored := seen.stored.get((id, turn), 0.0)) > joined]
    print(f"{chosen.watchers} watchers of {chosen.sessions} sessions, {chosen.minutes:g} minutes, {chosen.pace:g} "
          f"words a second; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{seen.updates} updates, {len(seen.stored)} turns stored\n")
    print(f"{'seconds until it is seen':<40}{'count':>8}{'p50':>8}{'p95':>8}{'max':>8}")
    worst = max(line("a stored turn", turns), line("the oldest new word of an update", seen.words))
    answers = [seconds for times in seen.answers.values() for seconds in times]
    line("the answer to a typed text", answers)
    (_, first, before), (seconds, last, spent) = seen.server[0], seen.server[-1]
    growth = steady_growth(seen.server)
    print(f"\nCPU of the server: {100 * (spent - before) / seconds:.0f} % of a core, "
          f"{1e3 * (spent - before) / max(1, seen.updates):.1f} ms an update")
    print(f"memory of the server: {first:.0f} MB at first, {last:.0f} MB at last, {growth:+.1f} MB in ten minutes by "
          "the second half")
    print(f"seen of other sessions or of what others typed: {len(seen.leaks)} {seen.leaks[:3] or ''}")
    print(f"typed: {seen.typed} texts, of which {len(answers)} came back in this time, to {len(seen.answers)} watchers")
    verdict = {"updates within 1 s": worst <= LIMIT, "flat memory": growth <= GROWTH * last,
               "nothing of others": not seen.leaks and len(seen.answers) == chosen.watchers}
    print("; ".join(f"{name}: {'kept' if kept else 'NOT KEPT'}" for name, kept in verdict.items()))


def line(title: str, values: list[float]) -> float:
    """Print a row; returns the 95th percentile."""
    if not values:
        print(f"{title:<40}{0:>8}")
        return float("inf")
    middle, high = np.percentile(values, (50, 95))
    print(f"{title:<40}{len(values):>8}{middle:>8.2f}{high:>8.2f}{max(values):>8.2f}")
    return float(high)


def steady_growth(server: list[tuple[float, float, float]]) -> float:
    """MB in ten minutes: the slope over the second half, when caches are full."""
    seconds, sizes, _ = np.array(server[len(server) // 2:]).T
    return float(np.polyfit(seconds, sizes, 1)[0] * 600) if len(sizes) > 2 else float("nan")


if __name__ == "__main__":
    main()
