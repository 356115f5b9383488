"""The command line as a person or a program uses it: real ngspice, one JSON document, plain errors."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import FOLDERS, golden, home, load_circuits
from sizing_app.cli import main
from sizing_app.cli.evaluate import policy_names, read_jobs
from sizing_app.cli.parser import build_parser
from sizing_app.cli.values import UsageError, read_specs
from sizing_app.evaluate.suites import suite_names
from sizing_app.policy import PolicySettings
from sizing_app.policy.designs import initial_design
from sizing_app.store import SessionStore

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def command(capfd):
    """Runs one command in this process; what it and its simulators write to the two streams is all there is."""
    def command(*words: str, code: int = 0):
        capfd.readouterr()
        assert main(words) == code, capfd.readouterr().err
        return capfd.readouterr()

    return command


@pytest.fixture
def document(command):
    """Standard output as JSON, which refuses anything before or after it, and NaN."""
    def refuse(name: str):
        raise AssertionError(f"{name} in JSON")

    return lambda *words: json.loads(command(*words, "--json").out, parse_constant=refuse)


def one_of_each_process() -> list[Circuit]:
    return list({circuit.process: circuit for circuit in load_circuits().values()}.values())


def database(folder: Path) -> list[str]:
    return ["--database", f"sqlite:///{folder}/sessions.db"]


def process(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "sizing_app", *words], cwd=ROOT, capture_output=True, text=True,
                          timeout=120)


def test_circuits_are_described_to_another_program():
    result = process("circuits", "--json")
    described = {entry["name"]: entry for entry in json.loads(result.stdout)}
    assert (result.returncode, result.stderr) == (0, "")
    assert described.keys() == load_circuits().keys() >= {"OTA", "MILLER"}
    assert len(described["OTA"]["parameters"]) == 10
    assert {"gain", "gbw", "pm", "power"} <= {spec["metric"] for spec in described["MILLER"]["specs"]}


def test_another_program_sees_the_code_of_a_failure():
    result = process("sessions", "--database", "sqlite:////proc/none/sessions.db", "--json")
    assert (result.returncode, result.stdout) == (1, "") and result.stderr.count("\n") == 1


@pytest.fixture
def checked_circuits(tmp_path, monkeypatch, ota, simulator) -> None:
    """The circuits with four test queries for OTA that only their witnesses meet: each asks for its power."""
    folder, nominal, queries = tmp_path / "circuits", ota.conditions.nominal, []
    shutil.copytree(home(ota), folder / "OTA", ignore=shutil.ignore_patterns("queries"))
    for seed in range(4):
        witness = initial_design(ota, seed)
        power = simulator.evaluate(ota, witness, nominal).metrics["power"]
        specs = [{"metric": "power", "low": 0.999 * power, "high": 1.001 * power}]
        queries.append({"conditions": vars(nominal), "initial": initial_design(ota, seed + 10), "seed": seed,
                        "witness": witness, "specs": specs})
    suite = folder / "OTA" / "queries" / "test" / "standard.json"
    suite.parent.mkdir(parents=True)
    suite.write_text(json.dumps({"version": 2, "circuit": "OTA", "suite": "standard", "queries": queries}))
    use_folder(monkeypatch, folder)


@pytest.mark.usefixtures("checked_circuits")
def test_a_check_measures_how_hard_a_circuit_is(command, document):
    (row,) = document("circuits", "--check", "--circuits", "OTA", "--designs", "6", "--queries", "1")
    (found,) = row["gates"]
    assert (found["suite"], found["queries"], found["witnesses"], found["single"]) == ("standard", 4, 1.0, 0.25)
    assert found["constants"] == {"golden": 0.0, "centre": 0.0, "middle": 0.0}
    assert (row["circuit"], row["parameters"], row["designs"], row["queries"]) == ("OTA", 10, 6, 1)
    assert row["golden"]["passed"] and row["simulated"] == 1.0 and row["passed"] <= row["mean"] < 0.5
    assert row["best"].keys() == {"random", "bayes"} and all(0 <= best <= 1 for best in row["best"].values())
    assert 0 < row["cpu_ms"] <= row["cpu_ms_longest"]
    printed = command("circuits", "--check", "--circuits", "OTA", "--designs", "2", "--queries", "1").out
    assert printed.splitlines()[2].startswith("| OTA | gf180mcu | 10 | 8 | 8 of 8 | 100.0% |")
    assert "| OTA | standard | 4 | 100% | 0% | 0% | 0% | 25% |" in printed


@pytest.mark.parametrize("circuit", one_of_each_process(), ids=lambda circuit: circuit.name)
def test_the_golden_design_meets_all_specs(circuit, document):
    result = document("simulate", circuit.name, "--golden")
    assert (result["status"], result["reward"], result["passed"]) == ("ok", 1.0, True)
    assert all(spec["score"] == 1.0 and spec["met"] for spec in result["specs"])
    assert result["parameters"] == golden(circuit)["parameters"]
    assert result["metrics"].keys() == {metric.name for metric in circuit.metrics}
    assert 0 < result["seconds"] < 10


def test_simulate_takes_values_and_conditions(ota, command, document):
    corner, cold = ota.conditions.corners[-1], min(ota.conditions.temperatures)
    words = "--set", "w_in=4.7u", "v_bn=2V", "--corner", corner, "--temperature", str(cold)
    result = document("simulate", "OTA", *words)
    assert (result["parameters"]["w_in"], result["parameters"]["v_bn"]) == (4.7e-6, 2.0)
    assert (result["conditions"]["corner"], result["conditions"]["temperature"]) == (corner, cold)
    assert result["reward"] < 1.0
    assert "w_in=4.7u" in command("simulate", "OTA", "--set", "w_in=4.7u").out


def test_corners_takes_all_conditions_and_finds_the_worst_of_each_spec(ota, command, document):
    words = "simulate", "OTA", "--golden", "--corners", "--temperature", "27", "--supply", "3.6"
    result = document(*words)
    tried = [entry["conditions"] for entry in result["conditions"]]
    load = ota.conditions.nominal.load
    assert tried == [{"corner": corner, "temperature": 27.0, "supply": 3.6, "load": load}
                     for corner in ota.conditions.corners]
    for worst in result["worst"]:
        at = [entry["metrics"][worst["metric"]] for entry in result["conditions"]]
        assert worst["value"] == at[tried.index(worst["conditions"])]
        if worst["high"] is None:
            assert (worst["value"], worst["met"]) == (min(at), min(at) >= worst["low"])
        elif worst["low"] is None:
            assert (worst["value"], worst["met"]) == (max(at), max(at) <= worst["high"])
    assert result["passed"] == all(worst["met"] for worst in result["worst"])
    shown = command(*words)
    rows = shown.out.splitlines()
    assert len([row for row in rows if row.split()[1:5] == ["27", "°C", "3.6", "V"]]) == 5
    assert f"{sum(worst['met'] for worst in result['worst'])} of {len(ota.specs)} specs met" in rows[-1]
    assert "5 of 5 conditions" in shown.err


def test_devices_shows_every_transistor_of_a_design(miller, command, document):
    result = document("simulate", "MILLER", "--golden", "--devices")
    found = {device["name"]: device for device in result["devices"]}
    assert list(found) == ["MB", "M5", "M1", "M2", "M3", "M4", "M6", "M7"]
    assert found["M5"]["id"] == pytest.approx(found["M1"]["id"] + found["M2"]["id"], rel=1e-3)
    assert found["M1"]["gm_over_id"] == pytest.approx(found["M1"]["gm"] / found["M1"]["id"])
    assert {device["region"] for device in found.values()} == {"saturation"}
    lines = command("simulate", "MILLER", "--golden", "--devices").out.splitlines()
    first = next(line.split() for line in lines if line.startswith("M1 "))
    assert first[1:4] == ["nmos", "91u", "1.3u"] and first[-1] == "saturation"
    assert any(line.startswith("Regions: off: Vov <") for line in lines)


IMPATIENT = """
import signal, time

from sizing_app.process import on_signals

signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored in what runs in the background
with on_signals(lambda number: print(number, flush=True), insist=True):
    print("begun", flush=True)
    time.sleep(600)
"""


def test_only_a_second_ctrl_c_ends_a_program_at_once():
    with subprocess.Popen([sys.executable, "-c", IMPATIENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "begun\n"
        program.send_signal(signal.SIGINT)
        assert program.stdout.readline() == f"{signal.SIGINT:d}\n"
        program.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert program.poll() is None
        program.send_signal(signal.SIGINT)
        assert program.wait(60) == 128 + signal.SIGINT


def test_a_session_is_sized_stored_shown_and_exported(tmp_path, command, document):
    here = database(tmp_path)
    sized = document("size", "OTA", "--policy", "random", "--budget", "2", "--seed", "7", "--spec", "gain=60",
                     "power=<1m", *here)
    assert [turn["turn"] for turn in sized["turns"]] == [0, 1, 2]
    assert sized["best_reward"] == max(turn["reward"] for turn in sized["turns"])
    assert sized["turns"][sized["best_turn"]]["reward"] == sized["best_reward"]
    bounds = {spec["metric"]: (spec["low"], spec["high"]) for spec in sized["turns"][0]["specs"]}
    assert (bounds["gain"], bounds["power"]) == ((60.0, None), (None, 1e-3))
    again = document("size", "OTA", "--policy", "random", "--budget", "2", "--seed", "7", *here)
    assert [turn["parameters"] for turn in again["turns"]] == [turn["parameters"] for turn in sized["turns"]]

    listed = document("sessions", *here)
    assert [row["id"] for row in listed] == [again["session_id"], sized["session_id"]]
    assert (listed[1]["circuit"], listed[1]["policy"], listed[1]["turns"]) == ("OTA", "random", 2)
    assert document("sessions", "show", sized["session_id"], *here) == sized
    assert "turn 2" in command("sessions", "show", sized["session_id"], *here).out
    rows = list(csv.DictReader(io.StringIO(command("sessions", "export", sized["session_id"], *here).out)))
    assert [float(row["reward"]) for row in rows] == [turn["reward"] for turn in sized["turns"]]
    assert float(rows[2]["w_in"]) == sized["turns"][2]["parameters"]["w_in"]


def use_folder(monkeypatch, folder: Path) -> None:
    """What a start with SIZING_CIRCUITS does."""
    monkeypatch.setattr("sizing_app.circuit.folder.FOLDERS", [folder, *FOLDERS])
    monkeypatch.setattr("sizing_app.circuit.folder._homes", {})


@pytest.fixture
def small_circuits(tmp_path, monkeypatch) -> Path:
    """A copy of the circuits with a suite of two queries: one starts at the golden design, one is random."""
    folder = tmp_path / "circuits"
    shutil.copytree(FOLDERS[-1], folder)
    circuit = load_circuits()["OTA"]
    nominal = circuit.conditions.nominal
    queries = [{"conditions": vars(nominal), "specs": [vars(spec) for spec in circuit.specs], "initial": dict(initial),
                "seed": seed, "witness": golden(circuit)["parameters"]}
               for seed, initial in enumerate((golden(circuit)["parameters"], initial_design(circuit, 1)))]
    (folder / "OTA" / "queries" / "validation").mkdir(parents=True, exist_ok=True)
    (folder / "OTA" / "queries" / "validation" / "small.json").write_text(
        json.dumps({"version": 2, "circuit": "OTA", "suite": "small", "queries": queries}))
    use_folder(monkeypatch, folder)
    return folder


def test_every_command_closes_the_database_that_it_opened(tmp_path, small_circuits, monkeypatch, command):
    opened, closed, here = [], [], database(tmp_path)
    for name, told in (("__init__", opened), ("close", closed)):
        whole = getattr(SessionStore, name)
        monkeypatch.setattr(SessionStore, name, lambda self, *rest, _whole=whole, _told=told, **more: (
            _told.append(id(self)), _whole(self, *rest, **more))[1])

    def closes(*words: str, code: int = 0) -> str:
        opened.clear(), closed.clear()
        said = command(*words, code=code).out
        assert opened and sorted(opened) == sorted(closed), words
        return said

    session = closes("size", "OTA", "--policy", "middle", "--budget", "1", *here).rsplit("session ")[1].split(":")[0]
    closes("sessions", *here)
    closes("sessions", "show", session, *here)
    closes("sessions", "show", "none", *here, code=2)
    closes("export", session, "--out", str(tmp_path / "design.zip"), *here)
    closes("front", "OTA", "--policy", "random", "--budget", "1", "--sweep", "gain", "--against", "power", "--points",
           "2", *here)
    closes("evaluate", "--circuits", "OTA", "--suite", "small", "--split", "validation", "--policies", "middle",
           "--budget", "1", "--out", str(tmp_path / "out"), "--traces", here[1], *here)


def test_a_kind_stands_for_all_policies_of_it():
    assert policy_names("tl-grpo,constant,golden") == ["tl-grpo", "middle", "golden", "centre"]
    assert policy_names("stored") == ["lookup", "teacher", "mlp"] and "cma-es" in policy_names("search")


def test_a_circuit_plays_the_suites_that_it_has():
    known = {name: load_circuits()[name] for name in ("OTA", "OPAMP1")}
    options = build_parser().parse_args(["evaluate", "--split", "test", "--circuits", "OTA,OPAMP1", "--queries", "2"])
    jobs = read_jobs(options, known, ["random"], PolicySettings())
    assert {(job.circuit.name, job.suite) for job in jobs} == {
        *(("OTA", suite) for suite in ("shifted", "standard", "tight")),
        *(("OPAMP1", suite) for suite in suite_names(known["OPAMP1"], "test"))}
    assert {"moved", "moved-wide"} <= {job.suite for job in jobs}


def test_evaluate_writes_tables_and_a_picture_and_goes_on(tmp_path, small_circuits, command, document):
    out = tmp_path / "out"
    words = ("evaluate", "--circuits", "OTA", "--suite", "small", "--budget", "1", "--out", str(out), "--policies")
    command(*words, "random")
    first = (out / "results.csv").read_text()
    result = command(*words, "random,bayes")
    with (out / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["policy"], row["query"], row["passed"], row["simulations"]) for row in rows] == [
        ("bayes", "0", "1", "0"), ("bayes", "1", "0", "1"), ("random", "0", "1", "0"), ("random", "1", "0", "1")]
    assert set(first.splitlines()) <= set((out / "results.csv").read_text().splitlines())
    assert result.out == (out / "summary.md").read_text()
    assert "Timeouts: 0 of 6 turns." in result.out
    assert "| OTA | small | random | 2 |" in result.out and "4 of 4 sessions" in result.err
    told = document(*words, "random")
    assert {row["policy"]: row["share_passed"] for row in told["summary"]} == {"bayes": 0.5, "random": 0.5}
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_causal_plays_a_checkpoint_with_every_intervention_and_goes_on(tmp_path, small_circuits, command):
    out = tmp_path / "out"
    words = ("evaluate", "--causal", "--circuits", "OTA", "--suite", "small", "--budget", "1", "--out", str(out),
             "--policies", "tl-grpo")
    result = command(*words)
    assert result.out == (out / "causal.md").read_text() and "12 of 12 sessions" in result.err
    assert [line.split("|")[1].strip() for line in result.out.splitlines()[4:10]] == [
        "untouched", "results replaced", "results shuffled", "history hidden", "plan of another query", "plan inverted"]
    assert command(*words).out == result.out


@pytest.mark.parametrize("words, allowed", [
    ((), "COMMAND"),
    (("paint",), "serve"),
    (("simulate", "OPAMP9", "--golden"), f"choose one of {', '.join(load_circuits())}"),
    (("simulate", "OTA"), "expected --golden or --set"),
    (("simulate", "OTA", "--golden", "--corners", "--devices"), "not allowed with"),
    (("simulate", "OTA", "--set", "w_inn=1u"), "a name of w_in, l_in"),
    (("simulate", "OTA", "--set", "w_in=1"), "1 m is outside 2 µm to 200 µm"),
    (("simulate", "OTA", "--set", "w_in=wide"), "a number with an SI suffix"),
    (("simulate", "OTA", "--golden", "--corner", "sss"), "choose one of tt"),
    (("simulate", "OTA", "--golden", "--temperature", "900"), "specified from"),
    (("simulate", "OTA", "--golden", "--load", "1e999"), "not a finite number"),
    (("size", "OTA", "--policy", "greedy"),
     "tl-grpo, sft, tl-grpo+cma-es, tl-grpo+response-surface, response-surface, bayes"),
    (("size", "OTA", "--budget", "0"), "a whole number from 1 to 5000"),
    (("size", "OTA", "--seed", "-1"), "--seed"),
    (("size", "OTA", "--spec", "gain"), "METRIC=TARGET"),
    (("size", "OTA", "--spec", "area=3"), "a metric of gain"),
    (("size", "OTA", "--spec", "pm=60"), "pm=LOW..HIGH"),
    (("size", "OTA", "--spec", "pm=88..60"), "is above the upper bound"),
    (("size", "OTA", "--spec", "power=0"), "a bound of 0"),
    (("size", "OTA", "--base-url", "localhost"), "http://127.0.0.1:8000/v1"),
    (("evaluate", "--policies", "random,greedy"), "choose one or more of tl-grpo,"),
    (("evaluate", "--policies", "random", "--suite", "easy"), "suite 'easy'"),
    (("evaluate", "--causal", "--policies", "tl-grpo,random"), "--causal is for language models, not for random"),
    (("evaluate", "--causal", "--react"), "not allowed with"),
    (("evaluate", "--policies", "lookup,mlp", "--suite", "standard", "--split", "test", "--circuits", "OPAMP1"),
     "none of the policies lookup, mlp can size OPAMP1"),
    (("evaluate", "--policies", "random", "--suite", "moved,moved-wide", "--circuits", "OTA"),
     "OTA has no validation queries of moved, moved-wide: it has "),
    (("serve", "--port", "99999"), "a whole number from 1 to 65535"),
    (("sessions", "show"), "needs the ID"),
    (("size", "OTA", "--spec", "power=60M"), "write 60m for milli, 60meg for mega"),
    (("size", "SimLDO", "--set", "m_out=2.5"), "is not a whole number"),
])
def test_a_wrong_word_ends_with_code_2_and_one_line_that_says_what_is_allowed(words, allowed, capsys):
    try:
        code = main(words)
    except SystemExit as stop:
        code = stop.code
    output = capsys.readouterr()
    assert (code, output.out) == (2, "")
    assert output.err.count("\n") == 1 and allowed in output.err


def test_what_is_missing_or_unreachable_ends_with_code_1_and_one_line(tmp_path, command):
    for words, reason in (
            (("sessions", "--database", "sqlite:////proc/none/sessions.db"), "sessions.db cannot be opened"),
            (("size", "OTA", "--policy", "chat", "--budget", "1", *database(tmp_path)), "--base-url URL --model NAME"),
            (("size", "OTA", "--base-url", "http://127.0.0.1:9/v1", "--model", "none", *database(tmp_path)),
             "127.0.0.1:9"),
            (("size", "OPAMP1", "--policy", "mlp", *database(tmp_path / "new")), "mlp cannot size OPAMP1")):
        error = command(*words, "--json", code=1).err
        assert error.count("\n") == 1 and reason in error, error
    assert not (tmp_path / "new").exists(), "refused before anything is simulated or stored"


def test_a_wrong_id_is_a_wrong_name(tmp_path, command):
    for action in ("show", "export"):
        assert "no stored session 'NOPE'" in command("sessions", action, "NOPE", *database(tmp_path), code=2).err


def test_a_circuit_without_a_golden_design_is_simulated_once_all_is_set(tmp_path, ota, monkeypatch, command, document):
    shutil.copytree(home(ota), tmp_path / "OTA")
    (tmp_path / "OTA" / "golden.json").unlink()
    words = [f"{name}={value!r}" for name, value in golden(ota)["parameters"].items()]
    use_folder(monkeypatch, tmp_path)
    assert document("simulate", "OTA", "--set", *words)["passed"]
    missing = command("simulate", "OTA", "--set", *words[1:], code=2).err
    assert "no golden design to start from: set w_in too" in missing
    assert "golden.json" in command("simulate", "OTA", "--golden", code=1).err


@pytest.mark.parametrize("word, spec", [
    ("gbw>=60M", Spec("gbw", low=60e6)),
    ("gbw=60MHz..70 MHz", Spec("gbw", 60e6, 70e6)),
    ("slew>=30V/us", Spec("slew", low=30e6)),
    ("pm=60..60", Spec("pm", 60.0, 60.0)),
    ("gain=70", Spec("gain", low=70.0, scale=20.0)),
    ("gbw=>=60meg", Spec("gbw", low=60e6)),
    ("gbw>=60meg", Spec("gbw", low=60e6)),
    ("power=<400u", Spec("power", high=400e-6)),
    ("power=300uW", Spec("power", high=300e-6)),
    ("pm=60..88", Spec("pm", 60.0, 88.0)),
    ("pm=>=60deg", Spec("pm", low=60.0)),
    ("slew = 20meg .. 50meg", Spec("slew", 20e6, 50e6)),
])
def test_targets_are_read_as_people_write_them(ota, word, spec):
    specs = {found.metric: found for found in read_specs(ota, [word])}
    found = specs[spec.metric]
    assert (found.low, found.high) == pytest.approx((spec.low, spec.high))
    assert found.scale == next(default.scale for default in ota.specs if default.metric == spec.metric)
    assert len(specs) == len(ota.specs)


def test_a_target_without_direction_for_a_metric_without_spec_is_refused(ota):
    from dataclasses import replace
    bare = replace(ota, specs=ota.specs[:1])
    assert read_specs(bare, ["power<=1m"])[1] == Spec("power", high=1e-3)
    with pytest.raises(UsageError, match="power=LOW..HIGH"):
        read_specs(bare, ["power=1m"])


@pytest.mark.parametrize("command, lacking, file", [("merge", "torch", "requirements-train.txt"),
                                                    ("verl-data", "pyarrow", "requirements-verl.txt")])
def test_a_command_whose_libraries_are_not_installed_says_which_file_has_them(command, lacking, file):
    code = (f"import sys\nsys.modules['{lacking}'] = None\nfrom sizing_app.cli import main\n"
            f"sys.exit(main(['{command}', '--help']))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert done.stderr == f"sizing: {command} needs {lacking}: python -m pip install -r {file}\n"
