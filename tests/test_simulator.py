"""The simulator on real ngspice: what it refuses, how it fails, that nothing is kept, that its numbers are right."""

import math
import os
import signal
import subprocess
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric, Parameter
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.simulator import SimulatorPool, make_simulator
from sizing_app.simulator.metrics import MEASURES
from sizing_app.simulator.nursery_process import NurseryProcess
from tests.bench.batch import run_batch
from tests.bench.simulator import cpu_seconds, designs, resident
from tests.builders import golden_design

PATIENCE = 120.0
"""Deadline (s) of evaluations that must succeed, on busy machines too."""
OTA, MILLER = load_circuit("OTA"), load_circuit("MILLER")


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=PATIENCE) as simulator:
        yield simulator


def evaluate(pool, circuit, design=None, conditions=None):
    return pool.evaluate(circuit, design or golden_design(circuit), conditions or circuit.conditions.nominal)


def with_analysis(circuit: Circuit, name: str, **changes) -> Circuit:
    """The circuit with one analysis changed."""
    return replace(circuit, analyses=tuple(replace(item, **changes) if item.name == name else item
                                           for item in circuit.analyses))


# Refusals

ATTACKS = {
    "control block": lambda do: replace(OTA, netlist=f"{OTA.netlist}\n.control\n{do}\n.endc\n"),
    "control block in the testbench": lambda do: replace(OTA, testbench=f"\t.Control\n{do}\n.endc\n{OTA.testbench}"),
    "after the analysis": lambda do: with_analysis(OTA, "op", command=f"op\n{do}"),
    "in the alteration": lambda do: with_analysis(OTA, "noise", alter={"vprobe acmag": f"0\n{do}"}),
    "in the saved names": lambda do: with_analysis(OTA, "op", save=(f"v(out)\n.control\n{do}\n.endc",)),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_shell_command_is_refused_and_not_run(attack, pool, tmp_path):
    canary = Path(str(tmp_path).lower()) / "canary"  # ngspice writes netlists in lower case
    assert canary.parent.exists()
    result = evaluate(pool, ATTACKS[attack](f"shell touch {canary}"))
    assert result.status == "refused" and "not" in result.log
    assert set(result.metrics.values()) == {None}
    assert not canary.exists()
    assert evaluate(pool, OTA).ok


def test_a_shell_command_in_a_comment_is_not_run(pool, tmp_path):
    """ngspice executes comments that begin with *#."""
    canary = Path(str(tmp_path).lower()) / "canary"
    lines = f"\n*# shell touch {canary}\n  *# shell touch {canary}\n"
    assert evaluate(pool, replace(OTA, netlist=OTA.netlist + lines)).ok
    assert not canary.exists()


@pytest.mark.parametrize("change, said", [
    ({"w_in": 1e-9}, "w_in = 1 nm is outside 2 µm to 200 µm"), ({"w_in": None}, "w_in is missing"),
    ({"w_foo": 1e-6}, "w_foo is not a parameter of OTA"), ({"i_b": math.nan}, "i_b = - is outside"),
])
def test_parameters_that_are_none_of_the_circuit_s_are_refused(change, said, pool):
    design = {key: value for key, value in {**golden(OTA)["parameters"], **change}.items() if value is not None}
    result = evaluate(pool, OTA, design)
    assert result.status == "refused" and said in result.log


# Failures

ENDLESS = with_analysis(OTA, "step", command="tran 50n 1m 0 50n")  # 20,000 steps


def test_a_hanging_simulator_is_killed_and_replaced():
    with SimulatorPool(1, deadline=PATIENCE) as pool:
        assert evaluate(pool, OTA).ok
        hung, = pool.pids()
        pool.deadline = 0.3
        result = evaluate(pool, ENDLESS)
        assert result.status == "timeout"
        assert "no result within 0.3 s of CPU time" in result.log and "tried 2 times" in result.log
        assert not Path(f"/proc/{hung}").exists()
        pool.deadline = PATIENCE
        assert evaluate(pool, OTA).ok
        assert pool.pids() != [hung]


def halted(pool) -> tuple[int, threading.Thread, list]:
    """A worker that the machine gives no time to, and the evaluation that waits for it."""
    assert evaluate(pool, OTA).ok
    pid, = pool.pids()
    os.kill(pid, signal.SIGSTOP)
    results = []
    thread = threading.Thread(target=lambda: results.append(evaluate(pool, OTA)))
    thread.start()
    return pid, thread, results


def test_a_busy_machine_is_no_timeout():
    """The deadline counts the worker's own CPU time."""
    with SimulatorPool(1, deadline=0.5) as pool:
        pid, thread, results = halted(pool)
        time.sleep(1.5)
        os.kill(pid, signal.SIGCONT)
        thread.join(PATIENCE)
        assert [result.status for result in results] == ["ok"]
        assert pool.pids() == [pid]


def test_a_design_whose_simulator_was_killed_is_tried_again():
    with SimulatorPool(1, deadline=PATIENCE) as pool:
        pid, thread, results = halted(pool)
        os.kill(pid, signal.SIGKILL)
        thread.join(PATIENCE)
        assert [result.status for result in results] == ["ok"]
        assert pool.pids() != [pid]


def test_a_simulator_that_is_killed_again_is_a_failure():
    with SimulatorPool(1, deadline=PATIENCE) as pool:
        results, killed = [], set()
        thread = threading.Thread(target=lambda: results.append(evaluate(pool, ENDLESS)))
        thread.start()
        while thread.is_alive():
            for pid in pool.pids():
                if pid not in killed and cpu_seconds(pid) > 0.1:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            thread.join(0.02)
        assert len(killed) == 2
        assert results[0].status == "crashed" and "ended its process (signal 9); tried 2 times" in results[0].log
        assert evaluate(pool, OTA).ok


def test_a_nursery_ends_no_process_that_is_not_its_own():
    """A worker that was idle when its nursery died is ended by the pid that it had."""
    nursery = NurseryProcess()
    with closing(nursery), subprocess.Popen(["sleep", "600"]) as stranger:
        former, former_pipe = nursery.fork(OTA.process, "tt")
        first = nursery._process
        first.kill()
        first.wait()
        pid, pipe = nursery.fork(OTA.process, "tt")
        with former_pipe, pipe:
            assert nursery._process is not first
            assert [nursery.end(stranger.pid), nursery.end(former)] == [-signal.SIGKILL] * 2
            assert stranger.poll() is None and Path(f"/proc/{pid}").exists()
            assert [nursery.end(pid), nursery.end(pid)] == [-signal.SIGKILL] * 2
            assert not Path(f"/proc/{pid}").exists() and nursery._process.poll() is None
        stranger.kill()


def test_idle_workers_go_on_after_the_death_of_their_nursery():
    with SimulatorPool(2, deadline=PATIENCE) as pool:
        jobs = [(OTA, golden_design(OTA), OTA.conditions.nominal)] * 2
        assert all(item.ok for item in pool.evaluate_many(jobs)) and len(pool.pids()) == 2
        pool._nursery._process.kill()
        assert all(item.ok for item in pool.evaluate_many(jobs * 2))
        second = pool._nursery._process
        assert all(item.ok for item in pool.evaluate_many(jobs * 2)) and pool._nursery._process is second


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere/libngspice.so")
    with SimulatorPool(1) as pool:
        result = evaluate(pool, OTA)
    assert result.status == "crashed"
    assert "/nowhere/libngspice.so" in result.log and "is libngspice0 installed?" in result.log


@pytest.mark.parametrize("lines, status, said", [
    ("V8 x 0 1\nV9 x 0 2", "not_converged", "simulation(s) aborted"),
    ("X9 out 0 nosuch", "crashed", "nosuch"),
    ("R9 out 0 nosuch", "crashed", "error on line"),
])
def test_ngspice_s_own_message_is_passed_on(lines, status, said, pool):
    result = evaluate(pool, replace(OTA, netlist=f"{OTA.netlist}\n{lines}\n"))
    assert (result.status, said in result.log.lower()) == (status, True), result
    assert set(result.metrics.values()) == {None}
    assert evaluate(pool, OTA).ok


# Analyses that need something

@pytest.mark.parametrize("least, ran", [(60.0, True), (120.0, False)])
def test_an_analysis_runs_where_its_needs_are_met(least, ran, pool):
    """OTA's golden design has a phase margin between the two."""
    step = with_analysis(OTA, "step", needs={"gain": 20.0, "pm": least})
    circuit = replace(step, measures=tuple(replace(item, otherwise=-1.0) if "step" in item.analyses else item
                                           for item in step.measures))
    expected, found = evaluate(pool, OTA), evaluate(pool, circuit)
    assert found.ok
    assert found.metrics == (expected.metrics if ran else {**expected.metrics, "slew": -1.0})


def test_an_analysis_that_is_not_run_takes_no_time(pool):
    """An endless transient whose need is not met; what it alters holds for the analyses after it."""
    endless = replace(next(item for item in ENDLESS.analyses if item.name == "step"), needs={"gain": 200.0})
    point, *others = (item for item in OTA.analyses if item.name != "step")
    dead = replace(endless, alter={"vinp acmag": "2"}, name="dead", needs={"power": 1.0})
    measures = tuple(item for item in OTA.measures if "step" not in item.analyses)
    found = evaluate(pool, replace(OTA, analyses=(point, dead, *others, endless), measures=measures))
    assert found.ok
    assert found.metrics["gain"] == pytest.approx(20 * math.log10(1.5), abs=0.1)  # out = 3 V where inn = 2 V


# Nothing is kept

def test_an_evaluation_leaves_nothing_behind(pool):
    (first, second), other = designs(OTA, 2, seed=5), golden(MILLER)["parameters"]
    before = [evaluate(pool, OTA, first), evaluate(pool, OTA, second), evaluate(pool, MILLER, other)]
    evaluate(pool, replace(OTA, netlist=OTA.netlist + "\nV8 x 0 1\nV9 x 0 2\n"))
    after = [evaluate(pool, MILLER, other), evaluate(pool, OTA, second), evaluate(pool, OTA, first)]
    assert [item.metrics for item in before] == [item.metrics for item in reversed(after)]
    assert all(item.ok for item in before)


def test_parallel_equals_serial_and_keeps_the_order(pool):
    corners = MILLER.conditions.all()[::17]
    jobs = [(MILLER, design, conditions) for design, conditions in zip(designs(MILLER, 8, 1), corners, strict=True)]
    with SimulatorPool(2, deadline=PATIENCE) as parallel:
        together = parallel.evaluate_many(jobs)
    assert [item.metrics for item in together] == [pool.evaluate(*job).metrics for job in jobs]
    assert len({item.metrics["power"] for item in together}) == len(jobs)


def test_memory_stays_flat(pool):
    jobs = [(OTA, design, OTA.conditions.nominal) for design in designs(OTA, 25, 2)]
    pool.evaluate_many(jobs * 2)
    before = resident(pool)
    pool.evaluate_many(jobs * 4)
    assert resident(pool) - before < 4 << 20  # without freeing each circuit: 16 MiB and more


@pytest.mark.slow
def test_memory_stays_flat_over_thousands():
    with SimulatorPool(deadline=PATIENCE) as pool:
        jobs = [(OTA, design, OTA.conditions.nominal) for design in designs(OTA, 50, 2)]
        pool.evaluate_many(jobs * 4)
        before, pids = resident(pool), pool.pids()
        pool.evaluate_many(jobs * 100)
        assert pool.pids() == pids
        assert resident(pool) - before < 8 << 20


# The numbers are right

@pytest.mark.parametrize("circuit", [OTA, MILLER], ids=lambda circuit: circuit.name)
def test_a_process_of_its_own_with_the_whole_library_agrees(circuit, pool, tmp_path):
    conditions = Conditions("ss", circuit.conditions.temperatures[2], *_last(circuit.conditions))
    design = golden_design(circuit)
    expected, _ = run_batch(circuit, design, conditions, tmp_path)
    found = evaluate(pool, circuit, design, conditions)
    assert found.ok, found.log
    for metric in circuit.metrics:
        relative = metric.unit not in ("dB", "deg")
        tolerance = {"rel": 0.01, "abs": 5e-6 * (metric.unit == "V")} if relative else {"abs": 0.5}
        assert found.metrics[metric.name] == pytest.approx(expected[metric.name], **tolerance), metric.name


def _last(space: ConditionSpace) -> tuple[float, float]:
    return space.supplies[-1], space.loads[-1]


ONE_POLE_MEASURES = (
    ("gain", "loop_gain", {"analysis": "loop", "output": "v(out)", "input": "v(inn)"}),
    ("gbw", "unity_gain_frequency", {"analysis": "loop", "output": "v(out)", "input": "v(inn)"}),
    ("pm", "phase_margin", {"analysis": "loop", "output": "v(out)", "input": "v(inn)"}),
    ("power", "supply_power", {"analysis": "op", "current": "i(vdd)", "supply": "{supply}"}),
    ("slew", "slew_rate", {"analysis": "step", "output": "v(out)", "low": 0.0, "high": 1.0, "rise": 1e-6,
                           "fall": 11e-6}),
    ("noise", "noise_density", {"analysis": "noise", "vector": "onoise_spectrum"}),
    ("offset", "dc_error", {"analysis": "op", "output": "v(out)", "target": 0.5}),
    ("cmrr", "common_mode_rejection", {"analysis": "common_mode", "output": "v(out)"}),
    ("psrr", "supply_rejection", {"analysis": "supply", "output": "v(out)", "loop_analysis": "loop",
                                  "loop_output": "v(out)", "loop_input": "v(inn)"}),
    ("swing", "swing", {"analysis": "step", "output": "v(out)"}),
)
ONE_POLE = Circuit(
    name="ONE_POLE", title="One pole", summary="An ideal amplifier of gain a, one pole, r and load.", process="sky130",
    parameters=(Parameter("r", "Ohm", 1e5, 1e7, "output resistance"), Parameter("a", "", 10, 1e4, "DC gain"),
                Parameter("g", "", 1e-4, 1e-1, "common-mode and supply gain")),
    metrics=tuple(Metric(name, name, "", name) for name, *_ in ONE_POLE_MEASURES), specs=(),
    conditions=ConditionSpace(("tt",), (27.0,), (2.0,), (1e-12,)),
    analyses=(Analysis("op", "op", save=("v(out)", "i(vdd)")),
              Analysis("loop", "ac dec 40 10 10g", save=("frequency", "v(out)", "v(inn)")),
              Analysis("common_mode", "ac lin 1 10 10", {"vprobe acmag": "-1", "vinp acmag": "1"}, ("v(out)",)),
              Analysis("supply", "ac lin 1 10 10", {"vprobe acmag": "0", "vinp acmag": "0", "vdd acmag": "1"},
                       ("v(out)",)),
              Analysis("noise", "noise v(out) vinp lin 1 100k 100k", {"vdd acmag": "0"}, ("onoise_spectrum",)),
              Analysis("step", "tran 2n 20u 0 2n", save=("time", "v(out)"))),
    measures=tuple(Measure(name, function, arguments) for name, function, arguments in ONE_POLE_MEASURES),
    netlist="E1 x 0 inp inn {a}\nE2 y x vdd 0 {g}\nE3 z y inp 0 {g}\nR1 z out {r}\nR2 vdd 0 10k\n",
    testbench="Vdd vdd 0 dc {supply} ac 0\nVprobe out inn dc 0 ac 1\nCload out 0 {load}\n"
              "Vinp inp 0 dc 0.5 ac 0 pulse(0 1 1u 1n 1n 10u 40u)\n.option reltol=1e-5 noopiter\n",
)


@pytest.mark.parametrize("a, r, g", [(1000.0, 1e7, 1e-2), (50.0, 3e5, 1e-3)])
def test_every_metric_of_one_pole_is_what_the_formula_says(a, r, g, pool):
    """V(out) = (a (inp - inn) + g vdd + g inp) / (1 + s r load), in unity feedback, every metric by hand."""
    conditions = ONE_POLE.conditions.nominal
    found = evaluate(pool, ONE_POLE, {"a": a, "r": r, "g": g})
    assert found.ok, found.log
    tau, supply = r * conditions.load, conditions.supply
    unity = math.sqrt(a * a - 1) / (2 * math.pi * tau)
    boltzmann = 1.380649e-23 * (273.15 + conditions.temperature)
    closed = tau / (1 + a)
    expected = {
        "gain": 20 * math.log10(a), "gbw": unity, "pm": 180 - math.degrees(math.atan(2 * math.pi * unity * tau)),
        "power": supply * supply / 10e3, "slew": 0.6 * (a + g) / (1 + a) / (closed * math.log(4)),
        "noise": math.sqrt(4 * boltzmann * r) / abs(1 + a + 2j * math.pi * 1e5 * tau),
        "offset": abs(((a + g) * 0.5 + g * supply) / (1 + a) - 0.5),
        "cmrr": 20 * math.log10((1 + a) / g), "psrr": 20 * math.log10(a / g), "swing": (a + g) / (1 + a),
    }
    for name, value in expected.items():
        relative = name not in ("gain", "pm", "cmrr", "psrr")
        tolerance = {"rel": 0.02 if name == "slew" else 2e-3} if relative else {"abs": 0.02}
        assert found.metrics[name] == pytest.approx(value, **tolerance), name


def test_measures_without_an_answer_return_their_worst():
    """No crossing, a phase beyond 180 degrees: numbers, never NaN."""
    frequency = np.logspace(1, 9, 400)
    below = {"loop": {"frequency": frequency + 0j, "out": np.full(400, -0.5 + 0j), "in": np.ones(400)}}
    assert MEASURES["unity_gain_frequency"](below, "loop", "out", "in") == 0.0
    assert MEASURES["phase_margin"](below, "loop", "out", "in") == 0.0
    poles = 1e4 / (1 + 1j * frequency / 1e3) ** 3
    three = {"loop": {"frequency": frequency + 0j, "out": -poles, "in": np.ones(400)}}
    unity = 1e3 * math.sqrt(1e4 ** (2 / 3) - 1)
    margin = 180 - 3 * math.degrees(math.atan(unity / 1e3))
    assert MEASURES["unity_gain_frequency"](three, "loop", "out", "in") == pytest.approx(unity, rel=1e-3)
    assert MEASURES["phase_margin"](three, "loop", "out", "in") == pytest.approx(margin, abs=0.2)
    assert margin < 0


def test_there_are_never_more_seats_than_cores():
    with make_simulator("local", 10_000) as simulator:
        assert simulator.seats == os.cpu_count()
    with make_simulator("local", 1) as simulator:
        assert simulator.seats == 1
