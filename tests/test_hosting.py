"""The app as a server: who is let in, how much they may take, how it ends, and what stops it from starting."""

import asyncio
import base64
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from starlette.responses import PlainTextResponse

from sizing_app.cli.values import UsageError, read_users
from sizing_app.hub import Hub
from sizing_app.policy import make_policy
from sizing_app.session.control import Control
from sizing_app.session.events import SessionFinished, fold
from sizing_app.session.file import MAX_BYTES
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, StoreError
from sizing_app.ui.doors import Doors, access, trim
from sizing_app.ui.page import build, web_app
from sizing_app.ui.server import CannotServe, served, take_port
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.visitors import Busy, Shares
from tests.builders import POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("/", "/config", "/gradio_api/info", "/live/session?id=x", "/export/x/json", "/gradio_api/mcp/", "/theme.css")
LONG = 120.0
"""Seconds that a busy machine may need."""
PROXIES = {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9"}
"""Where nobody listens."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The real pages over a toy circuit."""
    store = SessionStore(f"sqlite:///{tmp_path_factory.mktemp('store')}/sessions.db")
    hub = Hub(store)
    services = Services({"TOY": a_circuit()}, store, hub, QuadraticSimulator(),
                        lambda name, **_: ScriptedPolicy([write("again", POOR)] * 5), policy_titles(chat=False), "TOY")
    yield web_app(build(services), services)
    hub.close()
    store.close()


@pytest.fixture(scope="module")
def server(page, tmp_path_factory):
    """One server with a password, bound to loopback: its address and its folder of uploads."""
    folder = Path(os.environ.get("GRADIO_TEMP_DIR") or tmp_path_factory.mktemp("uploads"))
    doors = Doors(page, access("127.0.0.1", {"sizing.example"}, {"ann": "secret"}), folder)
    with take_port("127.0.0.1", 0) as taken, served(doors, taken):
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="module")
def ann(server):
    with httpx.Client(base_url=server, auth=("ann", "secret"), timeout=LONG, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_open_without_the_password(server, ann, path):
    for auth in (None, ("ann", "wrong"), ("", ""), ("bob", "secret")):
        answer = httpx.get(server + path, auth=auth, timeout=LONG, trust_env=False)
        assert answer.status_code == 401 and "Basic" in answer.headers["www-authenticate"]
    with ann.stream("GET", path) as answer:
        assert answer.status_code in (200, 404)


def test_a_program_comes_in_with_the_password(server):
    code = base64.b64encode(b"ann:secret").decode()
    client = Client(server, headers={"Authorization": f"Basic {code}"}, verbose=False)
    assert [row["name"] for row in client.predict(api_name="/list_circuits")] == ["TOY"]


@pytest.mark.parametrize("path", PAGES)
def test_a_foreign_name_reaches_nothing(ann, path):
    """DNS rebinding: the page of a stranger's site, whose name now leads here."""
    answer = ann.get(path, headers={"Host": "evil.example:7860"})
    assert answer.status_code == 421 and "--allow-host" in answer.text
    with ann.stream("GET", path, headers={"Host": "sizing.example"}) as allowed:
        assert allowed.status_code in (200, 404)


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/call/size"])
def test_a_foreign_page_sends_nothing(ann, path):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "http://sizing.example.evil.example"):
        assert ann.post(path, files={"files": b"x"}, headers={"Origin": origin}).status_code == 403
    for origin in (str(ann.base_url).rstrip("/"), "https://sizing.example"):
        assert ann.post(path, files={"files": b"x"}, headers={"Origin": origin}).status_code != 403


def test_what_is_sent_is_bounded(ann):
    def sent(path, **content):
        return ann.post(path, **content).status_code

    assert sent("/gradio_api/upload", files={"files": b"x" * (MAX_BYTES - 100_000)}) == 200
    assert sent("/gradio_api/upload", files=[("files", b"x" * (MAX_BYTES // 2 + 10_000))] * 2) == 413
    assert sent("/gradio_api/call/size", json={"data": ["TOY", "x" * 3_000_000]}) == 413
    assert sent("/gradio_api/upload", content=iter([b"x" * 100])) == 411


def test_slow_uploads_keep_others_out_for_a_while_only(tmp_path, monkeypatch):
    monkeypatch.setattr("sizing_app.ui.doors.UPLOADS", 1)
    monkeypatch.setattr("sizing_app.ui.doors.UPLOAD_LIMIT", 0.2)

    async def app(scope, receive, send):
        await receive()
        await PlainTextResponse("kept")(scope, receive, send)

    async def sent(doors: Doors, body) -> int:
        answers = []

        async def send(message):
            answers.append(message)

        scope = {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": [(b"host", b"localhost")]}
        await doors(scope, body, send)
        return answers[0]["status"]

    async def slow():
        await asyncio.sleep(600)

    async def quick():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def both() -> list[int]:
        doors = Doors(app, access("127.0.0.1", set(), {}), tmp_path)
        return await asyncio.wait_for(asyncio.gather(sent(doors, slow), sent(doors, quick)), 60)

    assert asyncio.run(both()) == [408, 200]


def test_a_file_that_goes_meanwhile_is_passed_over(tmp_path, monkeypatch):
    for name in ("gone", "old"):
        (tmp_path / name).write_bytes(b"x" * 1000)
    known = Path.stat

    def stat(path, **options):
        if path.name == "gone":
            raise FileNotFoundError(path)
        return known(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", stat)
        patch.setattr(Path, "is_file", lambda path: True)
        trim(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["gone"]


def test_old_uploads_make_room(tmp_path):
    for number in range(25):
        file = tmp_path / str(number) / "session.jsonl"
        file.parent.mkdir()
        file.write_bytes(b"x" * 1000)
        os.utime(file, (number, number))
    trim(tmp_path, 4500)
    assert {file.parent.name for file in tmp_path.rglob("*.jsonl")} == {"21", "22", "23", "24"}


@pytest.mark.parametrize("host, names, answers, not_to", [
    ("127.0.0.1", set(), {"localhost", "127.0.0.1", "::1"}, {"evil.example", ""}),
    ("0.0.0.0", {"Sizing.example"}, {"sizing.example", "localhost"}, {"evil.example"}),
])
def test_names_that_a_server_answers_to(host, names, answers, not_to):
    hosts = access(host, names, {}).hosts
    assert answers <= hosts and not not_to & hosts
    assert access("0.0.0.0", set(), {}).hosts is None


def test_one_visitor_does_not_take_it_all(monkeypatch):
    shares, running = Shares(most=5, each=2), []
    monkeypatch.setattr("sizing_app.ui.visitors.visitor", lambda: who)

    def start(id):
        with shares.room(lambda: running) as room:
            running.append(id)
            shares.note(id, room)

    who = "a"
    start("1"), start("2")
    with pytest.raises(Busy, match="2 of your sessions"):
        start("3")
    who = "b"
    start("4"), start("5")
    who = "c"
    with pytest.raises(Busy, match="4 sessions"), shares.room(lambda: running, 2):
        pass
    start("6")
    running.remove("1")
    who = "a"
    start("7")


def test_what_is_about_to_start_counts_and_is_given_back_where_it_does_not():
    """However many starts come at once: the second one is asked for before the first one runs."""
    shares, running = Shares(each=3, checks=1), []

    def room(wanted=1, check=False):
        return shares.room(lambda: running, wanted, check)

    with room() as first:
        with pytest.raises(Busy, match="1 of your sessions"), room(3):
            pass
        running.append("1")
        shares.note("1", first)
        with room(check=True), pytest.raises(Busy, match="2 of your sessions"), room(2):
            pass
    with pytest.raises(StoreError), room(check=True):
        raise StoreError("The database is locked.")
    with room(check=True), pytest.raises(Busy, match="1 of your checks"), room(check=True):
        pass
    with room(2):
        assert shares.own(["1", "2"]) == ["1"]


def test_sessions_that_are_started_at_once_are_counted_before_they_run(tmp_path, monkeypatch):
    store = SessionStore(f"sqlite:///{tmp_path / 's.db'}")
    services = Services({"TOY": a_circuit()}, store, Hub(), QuadraticSimulator(), make_policy, {}, "TOY",
                        shares=Shares(each=1))
    create, met = store.create, []

    def another_comes(*args, **others):
        with pytest.raises(Busy) as refused:
            services.start(a_task(), "random")
        met.append(str(refused.value))
        return create(*args, **others)

    monkeypatch.setattr(store, "create", another_comes)
    services.start(a_task(), "random", review=True)
    assert len(met) == len(services.hub.running()) == 1 and "1 of your sessions" in met[0]
    services.hub.close()


def test_a_session_that_nobody_decides_about_stops():
    stop = Control(review=True, patience=0.05)
    policy = ScriptedPolicy([write("again", POOR)] * 5)
    state = fold(list(run_session(a_task(), policy, QuadraticSimulator(), stop)))
    assert state.status == "stopped" and len(state.history) == 1


def test_a_session_that_comes_after_the_end_is_stopped(tmp_path):
    hub = Hub()
    hub.close()
    stop = Control()
    policy = ScriptedPolicy([write("again", POOR)] * 5)
    hub.start("late", run_session(a_task(), policy, QuadraticSimulator(), stop), stop)
    assert fold([event for _, events in hub.follow("late") for event in events]).status == "stopped"


def descendants(pid: int) -> set[int]:
    """Process ids of the children and their children."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def until(condition, process: subprocess.Popen):
    deadline = time.monotonic() + LONG
    while not (found := condition()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    return found


def as_usual() -> None:
    """Signals as a terminal has them: tests that run in the background ignore some, and what is ignored stays so."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(options: list[str], folder: Path, log: Path, **environment: str) -> subprocess.Popen:
    """``app.py`` as people start it, in a terminal of its own."""
    with log.open("w") as file:
        return subprocess.Popen([sys.executable, ROOT / "app.py", *options], stdout=file, stderr=file, cwd=folder,
                                start_new_session=True, preexec_fn=as_usual, env={**os.environ, **environment})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_in_order(launcher, tmp_path, number):
    """As a terminal does it: to the whole group. Proxies that nobody answers for stand in nobody's way.

    One app is loaded anew, with the proxies there from its first line; the others are forked, which is cheaper."""
    port, database, log = free_port(), f"sqlite:///{tmp_path}/sessions.db", tmp_path / "log"
    start = started if number == signal.SIGINT else launcher.start
    app = start(["--port", str(port), "--database", database], tmp_path, log, **PROXIES)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=LONG, trust_env=False) as client:
            until(lambda: log.exists() and "Running on" in log.read_text(), app)
            for _ in range(3):
                asked = ["MILLER", "random", None, None, None, 20, 1, "nominal", "stop", False, 0, "95%", ""]
                client.post("/gradio_api/call/size", json={"data": asked})
            front = ["MILLER", "gbw", "power", 2, 1000, "", "", None, None, None, 1]
            client.post("/gradio_api/call/front", json={"data": front})
        store = SessionStore(database)
        until(lambda: [row for row in store.list(source="front") if row.turns >= 1], app)
        children = descendants(app.pid)
        os.killpg(app.pid, number)
        assert app.wait(LONG) == 0
    finally:
        app.kill()
    assert children and not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    ended = [row for row in store.list() if row.turns < row.budget]
    assert {row.status for row in ended} == {"stopped"} and "front" in {row.source for row in ended}
    assert "crashed" not in {turn.measurement.status for row in ended for turn in fold(store.events(row.id)).history}
    store.close()
    assert "Traceback" not in log.read_text()


def test_a_signal_ends_a_session_of_the_command_line_in_order(tmp_path):
    number = signal.SIGINT
    database = f"sqlite:///{tmp_path}/sessions.db"
    command = [sys.executable, "-m", "sizing_app", "size", "MILLER", "--policy", "random", "--budget", "1000",
               "--database", database]
    size = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True,
                            preexec_fn=as_usual)
    try:
        while not size.stdout.readline().startswith("turn 1"):
            assert size.poll() is None
        children = descendants(size.pid)
        os.killpg(size.pid, number)
        size.stdout.read()
        assert size.wait(LONG) == 128 + number
    finally:
        size.kill()
    assert children and not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    store = SessionStore(database)
    (row,) = store.list()
    state = fold(store.events(row.id))
    assert row.status == "stopped" and isinstance(store.events(row.id)[-1], SessionFinished)
    assert "crashed" not in {turn.measurement.status for turn in state.history}
    store.close()


def newer(path: Path) -> str:
    SessionStore(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    return f"sqlite:///{path}"


def corrupt(path: Path) -> str:
    path.write_bytes(b"no database at all" * 1000)
    return f"sqlite:///{path}"


@pytest.mark.parametrize("options, sentence", [
    (lambda folder: ("--database", corrupt(folder / "a.db")), "file is not a database"),
    (lambda folder: ("--base-url", "localhost:8000"), "--base-url 'localhost:8000': expected an address"),
    (lambda folder: ("--host", "192.0.2.1"), "cannot serve on 192.0.2.1"),
], ids=["corrupt", "base URL", "host"])
def test_what_stops_the_start_is_one_sentence_before_anything_is_loaded(tmp_path, options, sentence):
    command = [sys.executable, "-X", "importtime", ROOT / "app.py", "--port", str(free_port()), *options(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LONG)
    said = [line for line in result.stderr.splitlines() if not line.startswith("import time:")]
    assert (result.returncode, len(said)) == (2, 1) and sentence in said[0], said
    assert "gradio" not in result.stderr


def test_a_taken_port_is_one_sentence():
    with take_port("127.0.0.1", 0) as taken, pytest.raises(CannotServe, match="in use; choose another with --port"):
        take_port("127.0.0.1", taken.getsockname()[1])


def test_a_database_of_a_newer_program_is_left_alone(tmp_path):
    with pytest.raises(StoreError, match="written by a newer version"):
        SessionStore(newer(tmp_path / "a.db"))


def test_users_are_one_pair_or_a_file_of_them(tmp_path):
    (tmp_path / "users").write_text("# who may come in\nann:a:b\n\nbob:c\n")
    assert read_users(str(tmp_path / "users")) == {"ann": "a:b", "bob": "c"}
    assert read_users("ann:secret") == {"ann": "secret"} and read_users(None) == {}
    for text in ("ann", ":", "ann:", ""):
        with pytest.raises(UsageError, match="expected USER:PASSWORD"):
            read_users(text)


def test_a_read_only_database_can_be_viewed(tmp_path):
    path = tmp_path / "sessions.db"
    store = SessionStore(f"sqlite:///{path}")
    id = store.create(a_task(), "random")
    store.append(id, SessionFinished("stopped"))
    store.close()
    store = SessionStore(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert store.read_only and fold(store.events(id)).status == "stopped"
    with pytest.raises(StoreError, match="may only be read") as error:
        store.create(a_task(), "random")
    assert str(tmp_path) not in str(error.value), "visitors need not know where it is"
    store.close()


def test_a_bad_circuit_folder_is_named_and_left_out(tmp_path):
    (tmp_path / "BAD").mkdir()
    (tmp_path / "BAD" / "circuit.toml").write_text("title = 3\n")
    for name in ("netlist.sp", "testbench.sp"):
        (tmp_path / "BAD" / name).write_text("* nothing\n")
    (tmp_path / "MINE").symlink_to(ROOT / "circuits" / "OTA")
    result = subprocess.run([sys.executable, "-m", "sizing_app", "circuits", "--json"], cwd=ROOT, timeout=LONG,
                            env={**os.environ, "SIZING_CIRCUITS": str(tmp_path)}, capture_output=True, text=True)
    names = [row["name"] for row in json.loads(result.stdout)]
    assert result.returncode == 0 and len(names) == 18 and "MINE" in names
    assert "circuit BAD is left out" in result.stderr and "title" in result.stderr
