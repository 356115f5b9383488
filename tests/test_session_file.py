"""A session leaves as JSON Lines and comes back equal; a file from elsewhere is checked before it is stored."""

import json
from dataclasses import replace

import pytest

from sizing_app.circuit.folder import home, load_circuit
from sizing_app.policy.designs import initial_design
from sizing_app.session.check import WrongSession
from sizing_app.session.documents import csv_text
from sizing_app.session.events import SessionFinished, SessionStarted, TurnFinished
from sizing_app.session.file import MAX_BYTES, read_session, write_session
from sizing_app.store import SessionStore
from sizing_app.store.bulk import WholeSession
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from tests.bench.fuzz import run


def events_of(name: str = "OTA") -> list:
    """A session with a design that fails, one that meets all specs, and the end."""
    circuit = load_circuit(name)
    design = initial_design(circuit, 0)
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, design, budget=3)
    met = {spec.metric: spec.low if spec.low is not None else spec.high for spec in circuit.specs}
    turns = []
    for index, metrics in enumerate(({**met, circuit.specs[0].metric: None}, met)):
        measurement = Measurement("ok", metrics, seconds=0.03)
        turns.append(Turn(index, Proposal(design, "<Analyze>\u2028 a line \u0085 feed\n</Analyze>", "\u2028 x \u0085"),
                          measurement, score(measurement, task.specs), 0.1))
    turns.append(Turn(2, Proposal(None, "<Design End>", "", True), None, None))
    return [SessionStarted(task, "tl-grpo"), *map(TurnFinished, turns), SessionFinished("passed", "done")]


def lines_of(events: list) -> list[dict]:
    return [json.loads(line) for line in write_session("abc", events).splitlines()]


def as_file(lines: list[dict]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.mark.parametrize("name", ["OTA", "MILLER", "SimLDO"])
def test_what_was_exported_comes_back_equal_through_the_database(tmp_path, name):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    events = events_of(name)
    (first,) = store.insert([WholeSession(events, "app")])
    exported = write_session(first, store.events(first))
    found = read_session(exported.encode())
    assert (found.id, found.events) == (first, events)
    (second,) = store.insert([WholeSession(found.events, "import", origin=found.id)])
    assert store.events(second) == events and second != first
    before, after = store.summary(first), store.summary(second)
    assert (after.turns, after.best_reward, after.passed, after.first_passed) == (1, 1.0, True, 1)
    same = {"id": "", "created": 0, "heartbeat": 0, "source": "", "origin": None}
    assert replace(after, **same) == replace(before, **same) and after.origin == first
    store.close()


def spoil(line: int, *path, value) -> bytes:
    """The file with one value replaced."""
    lines = lines_of(events_of())
    place = lines[line]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return as_file(lines)


@pytest.mark.parametrize("line, path, value, message", [
    (0, ("task", "circuit", "netlist"), ".control\nshell touch /tmp/x\n.endc", "refused: circuit/netlist.sp: line 1"),
    (0, ("task", "circuit", "netlist"), "*\n.include /etc/passwd", "line 2: '.include /etc/passwd' is not allowed"),
    (0, ("task", "circuit", "testbench"), "v1 a 0 1\n.lib /x tt", "testbench.sp: line 2"),
    (0, ("task", "circuit", "devices", "nmos"), "x\n.include /etc/passwd", "devices.nmos: expected one of"),
    (0, ("task", "circuit", "name"), "OTA\n.include /etc/passwd", "name: expected letters, digits, _ and -"),
    (0, ("task", "circuit", "title"), "OTA\n.include /etc/passwd", "one line"),
    (0, ("task", "circuit", "analyses", 0, "command"), "shell ls", "circuit is refused"),
    (0, ("task", "circuit", "analyses", 0, "save", 0), "v(a) ; shell ls", "circuit is refused"),
    (0, ("task", "circuit", "measures", 0, "function"), "eval", "is no measure"),
    (0, ("task", "conditions", "corner"), "../tt", "conditions.corner: expected one of"),
    (0, ("task", "specs", 0, "metric"), "colour", "task.specs: expected each metric at most once, of .*, found colour"),
    (0, ("task", "initial"), {"w": 1}, "task.initial: expected exactly the parameters"),
    (0, ("format",), "sizing-session/9", "Line 1: format"),
    (1, ("turn", "index"), 4, "turn 0: expected index 0, found 4"),
    (1, ("turn", "score", "specs"), [], "turn 0.score.specs"),
    (1, ("turn", "measurement", "status"), "splendid", "Line 2: turn.measurement.status"),
    (1, ("turn", "seconds"), float("nan"), "Line 2: turn.seconds: Input should be a finite number"),
    (2, ("turn", "proposal", "parameters", "w_in"), "wide", "Line 3: turn.proposal.parameters.w_in"),
    (4, ("reason",), "bored", "Line 5: reason"),
    (0, ("task", "circuit", "parameters", 0, "high"), 1e308, "w_in.range: expected 0 or a number of a size"),
    (0, ("task", "circuit", "conditions", "temperatures"), [], "conditions.temperatures: expected 1 to 20 values"),
    (0, ("task", "specs", 0, "scale"), -1, "scale: expected a positive number"),
    (0, ("task", "specs", 0, "scale"), 0, "scale: expected a positive number"),
    (0, ("task", "specs", 1, "metric"), "gain", "each metric at most once"),
    (0, ("task", "specs", 0), {"metric": "gain", "low": 9, "high": 1}, "lower bound 9 is above the upper bound 1"),
    (0, ("task", "limits"), {"w_in": [9e-6, 3e-6]}, "task.limits.w_in"),
    (0, ("task", "limits"), {"w_in": [1e-9, 3e-6]}, "task.limits.w_in"),
    (0, ("task", "budget"), -1, "task.budget: expected a whole number"),
    (0, ("task", "budget"), True, "Line 1: task.budget"),
    (0, ("task", "seed"), 2**70, "task.seed"),
    (0, ("task", "hint"), "x" * 3000, "task.hint"),
    (1, ("turn", "proposal", "text"), "a\0b", "without NUL"),
    (1, ("turn", "proposal", "text"), "\ud800", "Line 2"),
    (1, ("turn", "seconds"), "1", "Line 2: turn.seconds"),
])
def test_a_wrong_file_is_refused_with_the_place(line, path, value, message):
    with pytest.raises(WrongSession, match=message.replace("(", r"\(")):
        read_session(spoil(line, *path, value=value))


def test_a_byte_order_mark_is_passed_over():
    events = events_of()
    assert read_session(b"\xef\xbb\xbf" + write_session("abc", events).encode()).events == events


def test_a_stored_circuit_finds_its_shipped_folder():
    circuit = load_circuit("OTA")
    (start, *_) = read_session(write_session("abc", events_of("OTA")).encode()).events
    stored = start.task.circuit
    assert stored is not circuit and stored.key == circuit.key and home(stored) == home(circuit)
    assert home(replace(circuit, title="Another")) is None


def test_a_cell_of_csv_is_no_formula():
    assert [csv_text(text) for text in ("=1+1", "+1", "-1", "@a", "\tx", "V/s", "")] == [
        "'=1+1", "'+1", "'-1", "'@a", "'\tx", "V/s", ""]


def test_files_of_another_shape_are_refused():
    lines = lines_of(events_of())
    for content, message in ((b"\xff\xfe\n\n", "UTF-8"), (b"", "0 lines"), (b"{}\n{}\n", "Line 1"),
                             (b"[" * 100_000 + b"\n{}", "Line 1"), (b" " * (MAX_BYTES + 1), "at most 25 MB"),
                             (as_file(lines[:-1]), "only a session that has ended"), (as_file(lines[1:]), "Line 1"),
                             (as_file([lines[0], lines[0], lines[-1]]), "Line 2: expected the event turn_finished")):
        with pytest.raises(WrongSession, match=message):
            read_session(content)


def test_a_mutated_file_is_refused_or_can_be_shown_exported_and_continued():
    counts = run(files=60, seed=1, circuits=("OTA",))
    assert sum(counts.values()) == 60 and min(counts["accepted"], counts["refused"]) > 5
