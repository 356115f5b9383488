"""Random variation: the spread of a pair by its closed form, the same samples for everybody, yields with intervals."""

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Analysis, Measure, Metric, Spec
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.mismatch import COEFFICIENTS
from sizing_app.circuit.multipliers import with_own_subcircuits
from sizing_app.circuit.netlist import build_netlist
from sizing_app.circuit.pdk import ModelError
from sizing_app.evaluate.intervals import wilson
from sizing_app.evaluate.monte_carlo import outcome, samples, simulate_samples
from sizing_app.simulator import SimulatorPool
from sizing_app.task.turn import Measurement
from tests.bench.foundry import VECTORS, compare
from tests.builders import golden_design

PAIR = """* two diodes at the same current; their difference is the offset
I1 0 a 20u
I2 0 b 20u
M1 a a 0 0 nmos w={w_in} l={l_in}
M2 b b 0 0 nmos w={w_in} l={l_in}
E1 out 0 a b 1
"""


def pair(name: str):
    """A circuit of one process with a pair of NMOS diodes alone; its metric is the magnitude of their difference."""
    circuit = load_circuit(name)
    return replace(
        circuit, name="PAIR", parameters=tuple(circuit.parameter(key) for key in ("w_in", "l_in")), netlist=PAIR,
        testbench="R1 out 0 1k", analyses=(Analysis("op", "op", save=("v(out)",)),),
        metrics=(Metric("offset", "Offset", "V", "difference"),), specs=(Spec("offset", high=2e-3),),
        measures=(Measure("offset", "dc_error", {"analysis": "op", "output": "v(out)", "target": 0.0}),))


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(2, trusted=True) as simulator:
        yield simulator


@pytest.mark.parametrize("name, pelgrom", [("OTA", None), ("OTA", (4e-9, 1e-8)), ("MILLER", (3e-9, 2e-8))])
def test_the_offset_of_a_pair_has_the_sigma_of_the_closed_form(pool, name, pelgrom):
    """Of two diodes: sqrt(2 (sigma_vt^2 + (Id / gm)^2 sigma_beta^2)), of 400 samples within 5 standard errors."""
    circuit, design, count = pair(name), {"w_in": 20e-6, "l_in": 1e-6}, 400
    conditions = circuit.conditions.nominal
    measured = simulate_samples(circuit, design, conditions, samples(Draw(3, 0, pelgrom=pelgrom), count), pool)
    square = np.mean([item.metrics["offset"] ** 2 for item in measured])
    device = pool.operating_point(circuit, design, conditions).devices[0]
    if pelgrom is None:
        area, vth, beta = (20e-6 + 1e-7) * (1e-6 - 1.5e-7), 0.7071 * 7.148e-9, 0.7071 * 7.008e-9
    else:
        area, vth, beta = 20e-12, pelgrom[0] / math.sqrt(2), pelgrom[1] / math.sqrt(2)
    expected = 2 * (vth**2 + (device.current / device.gm * beta) ** 2) / area
    assert square == pytest.approx(expected, rel=5 * math.sqrt(2 / count))


def test_sky130_varies_by_its_published_slopes(pool):
    """In strong inversion the threshold (3.356 mV um) and the oxide (0.3443% um) count, the subthreshold voltage does
    not: the measured spread lies between that of the threshold alone and that of the threshold and all of voff."""
    circuit, design = pair("MILLER"), {"w_in": 2e-6, "l_in": 2e-6}
    measured = simulate_samples(circuit, design, circuit.conditions.nominal, samples(Draw(3, 0), 300), pool)
    sigma = math.sqrt(np.mean([item.metrics["offset"] ** 2 for item in measured]))
    least, most = (math.sqrt(2) * slope / 2 for slope in (3.356e-3, math.hypot(3.356e-3, 7e-3)))
    assert 0.9 * least < sigma < 1.1 * most


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ngspice") is None, reason="the ngspice command is not installed")
@pytest.mark.parametrize("process", [False, True])
def test_the_spread_is_that_of_the_foundry_s_own_models(process):
    """Operating points of OTA by GF180's statistical models, run natively: within 4 standard errors."""
    found = compare(process, 1500)
    assert found.ours / found.foundry == pytest.approx(np.ones(len(VECTORS)), abs=4 * found.error)


def test_samples_are_the_same_for_every_design_and_number_of_workers(pool):
    circuit = pair("OTA")
    draws = samples(Draw(1, 5), 4)
    designs = [{"w_in": 20e-6, "l_in": 1e-6}, {"w_in": 80e-6, "l_in": 1e-6}]
    narrow, wide = ([item.metrics["offset"] for item in simulate_samples(circuit, design, circuit.conditions.nominal,
                                                                         draws, pool)] for design in designs)
    with SimulatorPool(1, trusted=True) as alone:
        again = simulate_samples(circuit, designs[0], circuit.conditions.nominal, draws, alone)
    assert [item.metrics["offset"] for item in again] == narrow and len(set(narrow)) == 4
    assert all(0.4 < one / other < 0.75 for one, other in zip(wide, narrow, strict=True))


def test_without_deviation_the_statistical_models_are_the_typical_ones(pool, monkeypatch):
    """All normal numbers 0: the foundry's statistical section is its typical corner."""
    circuit, design = load_circuit("OTA"), golden_design(load_circuit("OTA"))
    nominal = circuit.conditions.nominal
    zero = type("Zero", (), {"standard_normal": lambda self, size: np.zeros(size)})()
    monkeypatch.setattr(np.random, "default_rng", lambda seed: zero)
    varied = build_netlist(circuit, design, replace(nominal, draw=Draw(271828, 0, process=True)))
    monkeypatch.undo()
    card = next(line for line in varied.splitlines() if line.startswith(".model"))
    plain = build_netlist(circuit, design, nominal)
    assert card in plain and "delvto=0 mulu0=1" in varied
    numbers = [{word.partition("=")[0]: word for word in text.split() if "=" in word} for text in (varied, plain)]
    assert numbers[0]["vth0"] == numbers[1]["vth0"] and numbers[0]["toxe"] == numbers[1]["toxe"]


def test_the_process_moves_all_transistors_of_a_sample():
    circuit = load_circuit("OTA")
    nominal, design = circuit.conditions.nominal, golden_design(circuit)
    one, other = (build_netlist(circuit, design, replace(nominal, draw=Draw(1, number, process=True)))
                  for number in (0, 1))
    assert one != other
    alone = build_netlist(circuit, design, replace(nominal, draw=Draw(1, 0)))
    settings = [[word for word in text.split() if word.startswith("delvto")] for text in (one, alone)]
    assert settings[0] == settings[1] and len(settings[0]) == 10
    with pytest.raises(ModelError, match="around the corner tt"):
        build_netlist(circuit, design, replace(nominal, corner="ss", draw=Draw(1, 0, process=True)))


def test_devices_of_two_calls_of_a_subcircuit_differ(pool):
    lines = [".subckt cell a b", "M1 a b 0 0 n w=1u l=1u", "Xin a b deep", ".ends", ".subckt deep c d",
             "M2 c d 0 0 n w=1u l=1u", ".ends", "Xp 1 2 cell", "Xm 3 4 cell", "R1 1 0 1k"]
    expanded = list(with_own_subcircuits(lines))
    assert [path for path, line in expanded if line.startswith("M")] == ["xp.", "xp.xin.", "xm.", "xm.xin."]
    assert ("", "Xp 1 2 cell__xp") in expanded and ("xp.", ".subckt cell__xp a b") in expanded
    called = [line.replace("Xp 1 2 cell", "Xp cell 2\n+ cell params: w = 1") for line in lines]
    assert ("", "Xp cell 2 cell__xp params: w=1") in list(with_own_subcircuits("\n".join(called).splitlines()))
    circuit = load_circuit("ADC1")
    point = replace(circuit.conditions.nominal, draw=Draw(1, 0))
    found = pool.operating_point(circuit, golden_design(circuit), point)
    plain = pool.operating_point(circuit, golden_design(circuit), circuit.conditions.nominal)
    assert found.ok, found.log
    assert [device.name for device in found.devices if "." in device.name] != []
    assert sorted(device.name for device in found.devices) == sorted(device.name for device in plain.devices)


def test_a_process_without_coefficients_asks_for_them():
    circuit = load_circuit("OPAMP1")
    point = replace(circuit.conditions.nominal, draw=Draw(1, 0))
    with pytest.raises(ModelError, match="say which to assume"):
        build_netlist(circuit, golden_design(circuit), point)
    assert not any(model in COEFFICIENTS for model in circuit.devices.values())


def test_yields_have_wilson_intervals():
    """0 of 10 and 8 of 10: Wilson's score interval by its formula."""
    z = 1.959963984540054
    for met, count in ((0, 10), (8, 10), (200, 200)):
        share, found = met / count, wilson(met, count)
        middle = (share + z * z / (2 * count)) / (1 + z * z / count)
        half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
        assert found == pytest.approx((max(middle - half, 0.0), min(middle + half, 1.0)), abs=1e-9)


def test_an_outcome_counts_failed_simulations_as_not_met():
    circuit = pair("OTA")
    measured = [Measurement("ok", {"offset": value}) for value in (1e-3, 3e-3, 1.5e-3)]
    measured.append(Measurement("not_converged", {"offset": None}, "no"))
    found = outcome(circuit, circuit.specs, measured)
    assert (found.all_met.met, found.failed, found.specs[0].worst) == (2, 1, (3, 1, 2))
    spread = found.spreads[0]
    assert (spread.samples, spread.mean, spread.low, spread.high) == (3, pytest.approx(5.5e-3 / 3), 1e-3, 3e-3)
    assert spread.sigma == pytest.approx(np.std([1e-3, 3e-3, 1.5e-3], ddof=1))
