"""Transistors at their operating point and the waveforms, on real ngspice: what physics and ngspice itself say."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Analysis, Circuit, Parameter
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.simulator import SimulatorPool
from sizing_app.circuit.sweeps import scale_of
from sizing_app.simulator.inspection import Device
from sizing_app.simulator.operating_point import first_op, transistors
from tests.bench.batch import library_netlist, whole_library
from tests.builders import golden_design

OTA, MILLER = load_circuit("OTA"), load_circuit("MILLER")
BOLTZMANN, CHARGE = 1.380649e-23, 1.602176634e-19


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120.0) as simulator:
        yield simulator


def devices_of(pool, circuit: Circuit, design=None) -> dict[str, Device]:
    found = pool.operating_point(circuit, design or golden_design(circuit), circuit.conditions.nominal)
    assert found.ok, found.log
    return {device.name: device for device in found.devices}


def test_currents_add_up_at_every_node_of_miller(pool):
    """Kirchhoff's current law, with the supply current and the bias resistor as witnesses from outside the devices."""
    design, conditions = golden(MILLER)["parameters"], MILLER.conditions.nominal
    found = devices_of(pool, MILLER)
    vectors = pool.waveforms(MILLER, design, conditions).vectors
    current = {name: device.current for name, device in found.items()}
    assert current["MB"] == pytest.approx((conditions.supply - found["MB"].vgs) / design["r_b"], rel=1e-4)
    assert current["M5"] == pytest.approx(current["M1"] + current["M2"], rel=1e-4)
    assert current["M1"] == pytest.approx(current["M3"], rel=1e-4)
    assert current["M2"] == pytest.approx(current["M4"], rel=1e-4)
    assert current["M6"] == pytest.approx(current["M7"], rel=1e-4)
    drawn = current["MB"] + current["M5"] + current["M7"]
    assert -vectors["op"]["i(vdd)"][0] == pytest.approx(drawn, rel=1e-4)


@pytest.mark.parametrize("circuit", [OTA, MILLER], ids=lambda circuit: circuit.name)
def test_devices_are_those_of_the_netlist_and_keep_to_physics(circuit, pool):
    design = golden_design(circuit)
    found = devices_of(pool, circuit)
    lines = [line.split() for line in circuit.netlist.splitlines() if line[:1] == "M"]
    assert list(found) == [words[0].upper() for words in lines]
    assert [device.model for device in found.values()] == [words[5] for words in lines]
    limit = CHARGE / (BOLTZMANN * (273.15 + circuit.conditions.nominal.temperature))  # 38.7 per volt, exponential
    for device in found.values():
        assert 0 < device.efficiency < limit < 40
        assert 0 < device.gds < device.gm
    assert found["M1"].width == pytest.approx(design["w_in"], abs=2e-9)
    assert found["M1"].length == pytest.approx(design["l_in"], abs=1e-9)


@pytest.mark.parametrize("model, process", [(model, process.name) for process in PROCESSES.values()
                                            for model in process.models])
def test_fingers_subcircuits_and_polarity_count_in_every_process(model, process, pool):
    """One device of many fingers, two subcircuits deep, between voltage sources that carry its current."""
    sign = -1 if "pfet" in model or model.startswith("P") else 1
    circuit = replace(
        OTA, name="ONE", process=process, devices={"dev": model}, metrics=(), specs=(), measures=(), testbench="",
        parameters=(Parameter("w", "m", 1e-6, 1e-3, "width"), Parameter("l", "m", 1e-7, 1e-5, "length")),
        netlist=f"Vd d 0 {sign * 1.5}\nVg g 0 {sign * 1.2}\nXa d g top\n.subckt top d g\nXb d g inner\n.ends\n"
                ".subckt inner d g\nM1 d g 0 0 dev w={w} l={l} m=3\n.ends\n",
        analyses=(Analysis("op", "op", save=("i(vd)",)), Analysis("sweep", f"dc vd 0 {sign} {sign * 0.25}",
                                                                  save=("i(vd)",))))
    design, nominal = {"w": 120e-6, "l": 1e-6}, OTA.conditions.nominal
    (device,) = pool.operating_point(circuit, design, nominal).devices
    vectors = pool.waveforms(circuit, design, nominal).vectors
    assert (device.name, device.model, device.region) == ("XA.XB.M1", "dev", "saturation")
    assert device.width == pytest.approx(3 * design["w"], rel=1e-6)
    assert device.current == pytest.approx(-sign * vectors["op"]["i(vd)"][0], rel=5e-3)  # FreePDK45 gates leak
    assert (device.vgs, device.vds) == pytest.approx((1.2, 1.5), rel=1e-3)
    assert vectors["sweep"]["v-sweep"] == pytest.approx(sign * np.array([0, 0.25, 0.5, 0.75, 1.0]))


def test_a_process_of_its_own_with_the_whole_library_agrees(pool, tmp_path):
    design, conditions = golden(MILLER)["parameters"], MILLER.conditions.nominal
    library = library_netlist(MILLER, design, conditions, whole_library(MILLER.process, conditions.corner))
    words = "print " + " ".join(f"@m6[{name}]" for name in ("id", "gm", "gds", "vth", "vdsat"))
    (tmp_path / "design.sp").write_text(f"{library}\n.control\nop\n{words}\n.endc\n.end\n")
    told = subprocess.run(["ngspice", "-b", "design.sp"], cwd=tmp_path, capture_output=True, text=True).stdout
    expected = [float(line.split("=")[1]) for line in told.splitlines() if line.startswith("@m6[")]
    device = devices_of(pool, MILLER)["M6"]
    assert expected == pytest.approx([device.current, device.gm, device.gds, device.vth, device.vdsat], rel=1e-3)


def test_a_reversed_device_is_seen_from_the_terminal_that_acts_as_its_source(pool):
    """The drain of Ms is grounded and its source is lifted: it conducts backwards."""
    circuit = replace(OTA, netlist=OTA.netlist + "\nVs s 0 0.1\nVh h 0 3.3\nMs 0 h s 0 nmos w=1u l=1u\n")
    device = devices_of(pool, circuit, golden(OTA)["parameters"])["MS"]
    assert (device.vds, device.vgs, device.region) == (pytest.approx(0.1), pytest.approx(3.3), "triode")
    assert device.current > 1e-6


@pytest.mark.parametrize("vgs, vds, region", [
    (0.1, 1.0, "off"), (0.3, 1.0, "subthreshold"), (0.7, 0.1, "triode"), (0.7, 0.3, "saturation")])
def test_regions(vgs, vds, region):
    device = Device("M1", "nmos", 1e-6, 1e-6, 1e-6, 1e-5, 1e-7, vgs, vds, vth=0.5, vdsat=0.2)
    assert device.region == region
    assert device.efficiency == pytest.approx(10.0)
    assert replace(device, current=0.0).efficiency is None


def test_waveforms_are_what_the_metrics_are_read_from(pool):
    design, nominal = golden(MILLER)["parameters"], MILLER.conditions.nominal
    measured = pool.evaluate(MILLER, design, nominal)
    found = pool.waveforms(MILLER, design, nominal)
    assert found.vectors.keys() == {analysis.name for analysis in MILLER.analyses}
    loop, step = found.vectors["loop"], found.vectors["step"]
    gain = 20 * np.log10(abs(loop["v(out)"][0] / loop["v(inn)"][0]))
    assert gain == pytest.approx(measured.metrics["gain"], abs=1e-6)
    assert len(step["time"]) == len(step["v(out)"]) > 50
    assert "frequency" in found.vectors["noise"] and len(found.vectors["op"]["v(out)"]) == 1


def test_a_call_with_parameters_and_nested_definitions_are_read_as_ngspice_reads_them(pool):
    """Every transistor has values under the name that ngspice gives it; what ngspice refuses is an answer."""
    circuit = replace(OTA, devices={"dev": "nfet_03v3"}, metrics=(), specs=(), measures=(), testbench="", netlist=(
        "Vd d 0 1.5\nVg g 0 1.2\nXo d g outer params: r=2k\nM1 d g 0 0 dev w=2u l=1u\n"
        ".subckt outer d g params: r=1k\n.subckt inner d g\nM9 d g 0 0 dev w=3u l=1u\nXl d g late\n.ends\n"
        "Xi d g inner\nM2 d g 0 0 dev w=4u l=1u\nR1 d 0 1k\n.ends\n"
        ".subckt late d g\nM8 d g 0 0 dev w=5u l=1u\n.ends\n"),
        analyses=(Analysis("op", "op", save=("i(vd)",)),))
    for draw in (None, Draw(1, 0)):
        found = pool.operating_point(circuit, golden_design(OTA), replace(OTA.conditions.nominal, draw=draw))
        widths = {device.name: round(device.width * 1e6) for device in found.devices}
        assert widths == {"XO.XI.M9": 3, "XO.XI.XL.M8": 5, "XO.M2": 4, "M1": 2}, found.log
    for wrong, said in (("X9 d g none", "unknown subckt"), (".subckt\n.ends", "no name")):
        found = pool.operating_point(replace(circuit, netlist=f"{circuit.netlist}\n{wrong}\n"), golden_design(OTA),
                                     OTA.conditions.nominal)
        assert said in found.log and found.status in ("refused", "crashed")


@pytest.mark.parametrize("kind, sign", [("nmos", 1), ("pmos", -1)])
def test_a_model_of_level_1_is_told_in_the_polarity_of_the_device(kind, sign, pool):
    """By its equations: id = kp/2 W/L (vgs - vto)^2, gm = 2 id / (vgs - vto), vdsat = vgs - vto; two in parallel."""
    circuit = replace(
        OTA, process="own", models=f".model mine {kind} level=1\n+ vto={sign * 0.45} kp=100u", devices={}, metrics=(),
        specs=(), measures=(), testbench="", analyses=(Analysis("op", "op", save=("i(vd)",)),),
        netlist=f"Vd d 0 {sign * 1.5}\nVg g 0 {sign * 1.2}\nX1 d g cell\n.subckt cell d g\n"
                "M1 d g 0 0 mine w=2u l=1u m=2\n.ends\n")
    device, = devices_of(pool, circuit).values()
    assert (device.model, device.region) == ("mine", "saturation")
    assert (device.vgs, device.vds, device.vth, device.vdsat) == pytest.approx((1.2, 1.5, 0.45, 0.75), rel=1e-6)
    assert (device.current, device.gm) == pytest.approx((112.5e-6, 300e-6), rel=1e-3)


def test_failures_are_values_of_the_same_kind(pool):
    design, nominal = golden(OTA)["parameters"], OTA.conditions.nominal
    for read in (pool.operating_point, pool.waveforms):
        refused = read(OTA, {**design, "w_in": 1e-9}, nominal)
        failed = read(replace(OTA, netlist=f"{OTA.netlist}\nV8 x 0 1\nV9 x 0 2\n"), design, nominal)
        assert (refused.status, failed.status) == ("refused", "not_converged")
        assert "w_in = 1 nm is outside 2 µm to 200 µm" in refused.log and "aborted" in failed.log and not failed.ok
    endless = replace(OTA, analyses=(Analysis("step", "tran 50n 1m 0 50n", save=("v(out)",)),), measures=())
    with SimulatorPool(1, deadline=120.0) as hasty:
        assert hasty.waveforms(OTA, design, nominal).ok
        hasty.deadline = 0.3
        assert hasty.waveforms(endless, design, nominal).status == "timeout"
        hasty.deadline = 120.0
        assert hasty.operating_point(OTA, design, nominal).ok


def test_a_measurement_has_the_cpu_time_of_the_worker(pool):
    measured = pool.evaluate(OTA, golden(OTA)["parameters"], OTA.conditions.nominal)
    assert measured.ok and 0 < measured.cpu < measured.seconds + 0.1


def test_names_of_transistors_and_scales():
    netlist = "* t\nM1 a b c d nm w=1\nXb 1 2\n+ amp w=3\n.subckt amp 1 2\nXq 1 2 sw\nM7 1 2 3 4 pm w=1\n.ends\n" \
              ".subckt sw 1 2\nM9 1 2 3 4 nm w=2\n.ends amp\nR1 a b 1\n"
    assert list(transistors(netlist)) == [("m1", "nm"), ("m.xb.xq.m9", "nm"), ("m.xb.m7", "pm")]
    nested = "M1 a b c d nm\nxo 1 2 amp params: w = 3\nX9 1 2 none\n.subckt amp 1 2 params: w=1\n.subckt low 1\n" \
             "M9 1 2 3 4 nm\n.ends\nxi 1 low\nM2 1 2 3 4 nm w={w}\n.ends amp\nm3 1 2 3 4 pm\n"
    assert list(transistors(nested)) == [("m1", "nm"), ("m.xo.m.xi.m9", "nm"), ("m.xo.m2", "nm"), ("m3", "pm")]
    commands = "op", "ac dec 8 1 1g", "tran 1n 1u", "dc Iload 0 1 0.1", "dc temp 0 9 1"
    assert [scale_of(command) for command in commands] == [None, "frequency", "time", "i-sweep", "temp-sweep"]


def test_settings_made_before_the_operating_point_hold_for_it():
    second = Analysis("op", "op", {"vdd dc": "1", "vin dc": "2"})
    circuit = replace(OTA, analyses=(Analysis("ac", "ac dec 1 1 10", {"vin dc": "3"}), second))
    assert first_op(circuit) == ("op", {"vin dc": "2", "vdd dc": "1"})
    assert first_op(replace(circuit, analyses=circuit.analyses[:1])) == ("", {})
