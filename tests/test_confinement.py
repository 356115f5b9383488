"""A worker that ngspice was made to turn on its machine: what it can do once it is confined. Real decks, past the line
rules, in a process as workers are."""

import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from sizing_app.circuit.folder import load_circuit, load_circuits
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.answers import Reply, WrongAnswer, decode, encode
from sizing_app.simulator.confine import missing
from sizing_app.simulator.inspection import Device, OperatingPoint, Waveforms
from sizing_app.simulator.origin import deck_of
from sizing_app.simulator.sent import KEPT
from sizing_app.task.turn import Measurement
from tests.builders import golden_design
from tests.hostile_decks import DECKS, TELLING

ROOT = Path(__file__).resolve().parents[1]
OTA, MILLER = load_circuit("OTA"), load_circuit("MILLER")
SECRET = "topsecret5150"
CONTENT = f"{SECRET} is what nobody may read\n"
confinable = pytest.mark.skipif(bool(missing()), reason=f"this kernel has no {', no '.join(missing())}")


def suffer(folder: Path, names, confined: bool) -> dict[str, list[str]]:
    """Deck to the harm that it did. ``folder`` is new; ngspice writes its name in small letters."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.0)
        places = {name: set_up(folder / str(number), server) for number, name in enumerate(names)}
        run = subprocess.run([sys.executable, "-m", "tests.raw_worker", "yes" if confined else "no"], cwd=ROOT,
                             input=json.dumps(places), capture_output=True, text=True, timeout=300,
                             env={"API_KEY": SECRET, **os.environ, "PYTHONPATH": str(ROOT)})
        assert run.returncode == 0, run.stderr
        told = json.loads(run.stdout)
        harm = {name: [*found(told[name], places[name])] for name in names}
        try:
            server.accept()[0].close()
            harm["shell and network"].append("network")
        except BlockingIOError:
            pass
    return harm


def set_up(folder: Path, server: socket.socket) -> dict[str, str]:
    """What a deck may harm."""
    words = {"D": folder / "inside", "SECRET": folder / "secret", "NUMBERS": folder / "numbers",
             "LIBRARY": folder / "library.so", "SCRIPT": folder / "script"}
    words["D"].mkdir(parents=True)
    words["SECRET"].write_text(CONTENT)
    words["NUMBERS"].write_text("0 5150.25\n1e-6 5150.25\n1 5150.25\n")
    words["SCRIPT"].write_text(f"exec 3<>/dev/tcp/127.0.0.1/{server.getsockname()[1]}\n")
    shutil.copy(find_spec("_cffi_backend").origin, words["LIBRARY"])
    return {name: str(path) for name, path in words.items()} | {"TOKEN": f"pwned{os.getpid()}"}


def found(told: dict, words: dict[str, str]) -> Iterator[str]:
    shared = Path("/dev/shm") / words["TOKEN"]
    if shared.exists() or list(Path(words["D"]).iterdir()) or Path(words["SECRET"]).read_text() != CONTENT:
        yield "write"
        shared.unlink(missing_ok=True)
    if any(text in told["said"].lower() for text in (SECRET, "5150.25", "5.15025", "daemon:")):
        yield "read"
    if words["LIBRARY"] in told["mapped"]:
        yield "native code"


@pytest.fixture
def small_letters():
    """A folder for ngspice, which writes netlists in lower case."""
    with tempfile.TemporaryDirectory(prefix="hostile") as folder:
        place = Path(folder).with_name(Path(folder).name.lower()) / "decks"
        yield place
        shutil.rmtree(place.parent, ignore_errors=True)


def test_the_decks_do_harm_where_nothing_confines_them(small_letters):
    """Otherwise the next test would show nothing."""
    harm = suffer(small_letters, TELLING, confined=False)
    assert [name for name, done in harm.items() if not done] == []


@confinable
def test_telling_decks_do_no_harm_in_a_worker(small_letters):
    assert suffer(small_letters, TELLING, confined=True) == {name: [] for name in TELLING}


@pytest.mark.slow
@confinable
def test_no_deck_does_harm_in_a_worker(small_letters):
    assert suffer(small_letters, DECKS, confined=True) == {name: [] for name in DECKS}


# What goes with it

@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120.0) as simulator:
        yield simulator


def evaluate(pool, circuit):
    return pool.evaluate(circuit, golden_design(circuit), circuit.conditions.nominal)


def test_a_worker_has_no_keys_in_its_environment_and_an_empty_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    (tmp_path / ".spiceinit").write_text(f"shell touch {tmp_path}/pwned\n")
    monkeypatch.chdir(tmp_path)
    with SimulatorPool(1, deadline=120.0) as pool:
        assert evaluate(pool, OTA).ok
        worker = Path(f"/proc/{pool.pids()[0]}")
        assert SECRET not in worker.joinpath("environ").read_text()
        assert os.readlink(worker / "cwd").endswith("(deleted)")
    assert not (tmp_path / "pwned").exists()


def changed(circuit, line="R99 out 0 1g"):
    """A circuit that is none of ours."""
    return replace(circuit, netlist=f"{circuit.netlist}\n{line}\n")


def test_a_circuit_from_elsewhere_is_known_by_its_content():
    assert {name for name, circuit in load_circuits().items() if deck_of(circuit)} == set()
    assert deck_of(replace(OTA, title="stored")) is None
    assert deck_of(changed(OTA)) == deck_of(changed(replace(OTA, name="OTHER")))
    assert deck_of(changed(OTA)) != deck_of(changed(OTA, "R99 out 0 2g"))
    assert deck_of(replace(OTA, name="../OTA")) and deck_of(replace(OTA, name="NOSUCH"))


def test_a_worker_that_ran_a_circuit_from_elsewhere_runs_no_other(pool):
    pids = []
    for circuit in (OTA, MILLER, changed(OTA), changed(OTA), changed(OTA, "R99 out 0 2g"), OTA):
        assert evaluate(pool, circuit).ok
        pids += pool.pids()
    ours, also_ours, first, again, second, last = pids
    assert ours == also_ours and first == again and len({ours, first, second, last}) == 4


@pytest.mark.parametrize("allowed", [False, True])
def test_where_nothing_can_be_confined_a_circuit_from_elsewhere_needs_trust(allowed):
    """In a process whose kernel answers that it has no Landlock."""
    code = f"""
import struct

from sizing_app.simulator import SimulatorPool, confine, landlock, seccomp
no_landlock = [seccomp._load(0), *seccomp._where(landlock._CREATE_RULESET, [seccomp._answer(seccomp._ENOSYS)]),
               seccomp._answer(seccomp._ALLOW)]
seccomp.install(b"".join(no_landlock))
from tests.test_confinement import OTA, changed, evaluate
print(confine.missing(), confine.notice({allowed}))
with SimulatorPool(1, deadline=120.0, trusted={allowed}) as pool:
    for circuit in (OTA, changed(OTA)):
        result = evaluate(pool, circuit)
        print(result.status, result.log)
"""
    lines = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120,
                           check=True).stdout.splitlines()
    assert "['Landlock'] This system cannot confine the simulator (no Landlock)" in lines[0]
    assert ("all the same (--trust-circuits)" if allowed else "are shown, not simulated") in lines[0]
    assert lines[1].strip() == "ok"
    assert lines[2].strip() == "ok" if allowed else "no Landlock): start with --trust-circuits" in lines[2]


def test_circuits_are_kept_in_bounds(pool):
    for number in range(KEPT + 3):
        assert evaluate(pool, replace(OTA, title=str(number))).ok
    assert len(pool._workers[0]._sent) == KEPT
    assert evaluate(pool, OTA).ok


# Answers

VALUES = (0.1 + 0.2, 5e-324, -0.0, 1.7976931348623157e308, 1 / 3)
DEVICE = Device("M1", "nmos", *VALUES, *VALUES[:4])


def test_numbers_arrive_bit_for_bit():
    metrics = dict(zip((item.name for item in OTA.metrics), (*VALUES, None), strict=False))
    samples = np.array([*VALUES, np.nan, np.inf])
    vectors = {"ac": {"v(out)": samples.astype(complex)}, "tran": {"time": samples}}
    for task, answer in (("metrics", Measurement("ok", metrics, "said", 0.1, 0.3)),
                         ("operating_point", OperatingPoint("ok", (DEVICE,), "", 0.1, "op"))):
        assert repr(decode(task, OTA, encode(Reply(answer, 0.3, True)))) == repr(Reply(answer, 0.3, True))
    read = decode("waveforms", OTA, encode(Reply(Waveforms("ok", vectors), 0.3, False))).answer
    for analysis, found in vectors.items():
        for name, expected in found.items():
            assert read.vectors[analysis][name].tobytes() == expected.tobytes()


@pytest.mark.parametrize("message", [
    b"", b"\x80\x04.", b"\xff\xff\xff\xff{}", b"\x02\x00\x00\x00{}", b"\x02\x00\x00\x00[]",
    (200_000).to_bytes(4, "little") + b"[" * 200_000, pickle.dumps(Measurement("ok", {})),
    *(len(text).to_bytes(4, "little") + text for text in (
        b'{"status": "fine", "log": "", "seconds": 0, "cpu": 0, "last": false, "metrics": {}}',
        b'{"status": "ok", "log": "", "seconds": 0, "cpu": 0, "last": false, "metrics": {"nosuch": 1}}',
        b'{"status": "ok", "log": "", "seconds": "x", "cpu": 0, "last": false, "metrics": {}}',
        b'{"status": ["ok"], "log": "", "seconds": 0, "cpu": 0, "last": false, "metrics": {}}',
        b'{"status": "ok", "log": "", "seconds": 0, "cpu": 0, "last": false, "vectors": [["a", "b", "<f8", 1e9]]}',
        b'{"status": "ok", "log": "", "seconds": 0, "cpu": 0, "last": false, "vectors": [["a", "b", "O", 1]]}')),
])
def test_what_no_honest_worker_sends_is_no_answer(message):
    for task in ("metrics", "operating_point", "waveforms"):
        with pytest.raises(WrongAnswer, match=f"no {task}"):
            decode(task, OTA, message)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1" + 400 * "0"])
@pytest.mark.parametrize("task, place", [
    ("metrics", '"seconds": 0'), ("metrics", '"cpu": 0'), ("metrics", '"gain": 0'), ("operating_point", '"out": 0'),
    ("waveforms", '"<f8", 0'),
])
def test_a_number_of_an_answer_is_finite(task, place, number):
    text = ('{"status": "ok", "log": "", "seconds": 0, "cpu": 0, "last": false, "metrics": {"gain": 0}, "devices": [], '
            '"voltages": {"out": 0}, "analysis": "", "simulator": "", "vectors": [["a", "b", "<f8", 0]]}')
    for changed in (text, text.replace(place, place[:-1] + number)):
        message = len(changed).to_bytes(4, "little") + changed.encode() + bytes(8)
        if changed == text:
            assert decode(task, OTA, message).cpu == 0
        else:
            with pytest.raises(WrongAnswer, match=f"no {task}"):
                decode(task, OTA, message)
