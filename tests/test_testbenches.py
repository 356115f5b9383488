"""Ready testbenches: on macro models with closed forms, and on shipped circuits beside their own testbenches."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Circuit, Metric, Parameter, Spec
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.simulator import SimulatorPool
from sizing_app.testbenches.bench import Bench, BenchError, attach, first_specs
from sizing_app.testbenches.template import fill, read_template, template_names
from sizing_app.testbenches.wiring import ROLES, Wiring
from tests.builders import golden_design

SUPPLY, LOAD, R, GM = 1.8, 1e-12, 1e6, 1e-3
BOLTZMANN, KELVIN = 1.380649e-23, 300.15


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120.0, trusted=True) as simulator:
        yield simulator


def macro(netlist: str, load: float = LOAD) -> Circuit:
    """A circuit without transistors; the parameter r is 1 MOhm in the middle of its range."""
    return Circuit("MACRO", "macro", "macro", "sky130", (Parameter("r", "Ohm", R / 10, R * 10, "resistance"),), (), (),
                   ConditionSpace(("tt",), (27.0,), (SUPPLY,), (load,)), (), (), netlist, "", ("macro",))


def measured(pool, circuit: Circuit, kind: str, wiring: Wiring, design=None) -> tuple[Bench, dict]:
    bench = fill(read_template(kind), wiring, circuit.conditions.nominal)
    found = pool.evaluate(attach(circuit, bench), design or {"r": R}, circuit.conditions.nominal)
    assert found.ok, found.log
    return bench, dict(found.metrics)


def close(found: dict, rel: float = 2e-3, **expected: float) -> None:
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=rel)


AMPLIFIER = """G1 0 out inp inn 1m
R1 out 0 {r}
G2 0 out vdd 0 1u
R2 vdd 0 18k"""
PORTS = {"vdd": "supply", "inp": "in+", "inn": "in-", "out": "out"}


def test_op_amp_is_one_pole(pool):
    load = 50 * LOAD
    wiring = Wiring(PORTS, settings={"half": "1u", "follows": "50m"})
    _, found = measured(pool, macro(AMPLIFIER, load), "op-amp", wiring)
    gbw = GM / (2 * math.pi * load)
    close(found, gain=20 * math.log10(GM * R), gbw=gbw, power=SUPPLY ** 2 / 18e3, psrr=60.0,
          noise=math.sqrt(4 * BOLTZMANN * KELVIN / R) / GM, slew=0.6 * 0.2 * 2 * math.pi * gbw / math.log(4), rel=3e-2)
    close(found, pm=90 + math.degrees(math.atan(1 / (GM * R))), range=SUPPLY, rel=1e-2)
    assert found["offset"] == pytest.approx(abs(SUPPLY * 1e-6 * R - SUPPLY / 2) / (1 + GM * R), rel=1e-3)


DIFFERENTIAL = """G1 0 op inp inn 0.5m
G2 0 om inn inp 0.5m
G3 op 0 ctl 0 10u
G4 om 0 ctl 0 10u
R1 op 0 {r}
R2 om 0 {r}
R3 vdd 0 18k"""
DIFFERENTIAL_PORTS = {"vdd": "supply", "inp": "in+", "inn": "in-", "op": "out+", "om": "out-",
                      "ctl": "common-mode control"}


@pytest.mark.parametrize("frequency", ["100k", "10g"])
def test_noise_is_that_of_the_input_below_and_above_the_unity_gain_frequency(pool, frequency):
    """Of the resistor at the output, over the transconductance: the same at all frequencies."""
    for kind, netlist, ports, more in (("op-amp", AMPLIFIER, PORTS, {}),
                                       ("fd-ota", DIFFERENTIAL, DIFFERENTIAL_PORTS, {"control_bias": "0"})):
        _, found = measured(pool, macro(netlist), kind, Wiring(ports, settings={"f_noise": frequency, **more}))
        resistors = 2 if kind == "fd-ota" else 1
        close(found, noise=math.sqrt(resistors * 4 * BOLTZMANN * KELVIN / R) / GM, rel=1e-2)


@pytest.mark.parametrize("supply", [0.5 * SUPPLY, SUPPLY, 1.5 * SUPPLY])
def test_the_output_range_is_that_of_the_supply_of_the_condition(pool, supply):
    for kind, netlist, ports, settings, expected in (
            ("op-amp", AMPLIFIER, PORTS, {"follows": "50m"}, supply),
            ("fd-ota", DIFFERENTIAL, DIFFERENTIAL_PORTS, {"control_bias": "0"}, 1.6 * supply)):
        circuit = macro(netlist)
        bench = fill(read_template(kind), Wiring(ports, settings=settings), circuit.conditions.nominal)
        found = pool.evaluate(attach(circuit, bench), {"r": R}, replace(circuit.conditions.nominal, supply=supply))
        close(found.metrics, range=expected, rel=1e-2)


def test_fully_differential_with_ideal_common_mode_feedback(pool):
    wiring = Wiring(DIFFERENTIAL_PORTS, settings={"control_bias": "0", "half": "1u"})
    _, found = measured(pool, macro(DIFFERENTIAL), "fd-ota", wiring)
    close(found, gain=20 * math.log10(GM * R), gbw=GM / (2 * math.pi * LOAD), rel=1e-2)
    # the control port pulls 10u*r = 10 times its voltage, 20 times the error: mid = 200 (target - mid)
    close(found, vcm_error=SUPPLY / 2 / 201, power=SUPPLY ** 2 / 18e3)
    assert found["offset"] < 1e-9 and found["range"] == pytest.approx(2 * 0.8 * SUPPLY, rel=2e-2)


def test_static_comparator(pool):
    netlist = """E1 y 0 vol='0.9+0.9*tanh(1000*(v(inp)-v(inn)-2m))'
R1 y out {r}
R2 vdd 0 18k"""
    _, found = measured(pool, macro(netlist), "comparator",
                        Wiring(PORTS, settings={"overdrive": "6m", "half": "20u", "source": "1"}))
    high = 0.9 + 0.9 * math.tanh(4)
    close(found, offset=2e-3, gain=20 * math.log10(900), power=SUPPLY ** 2 / 18e3, rel=1e-2)
    close(found, delay=R * LOAD * math.log(high / (high - 0.9)), rel=2e-2)


def test_clocked_comparator(pool):
    """Follows its input while the clock is high."""
    netlist = """E1 y 0 vol='0.9*tanh(1000*(v(inp)-v(inn)))*(1+tanh(20*(v(clk)-0.9)))/2'
R1 y op {r/1e5}
R2 op 0 1g
R3 om 0 1
R4 vdd 0 18k"""
    ports = {"vdd": "supply", "inp": "in+", "inn": "in-", "op": "out+", "om": "out-", "clk": "clock"}
    _, found = measured(pool, macro(netlist), "comparator",
                        Wiring(ports, settings={"overdrive": "3m", "period": "1n", "source": "1"}))
    level = 0.9 * math.tanh(3)
    close(found, right=100.0, power=SUPPLY ** 2 / 18e3)
    close(found, delay=10 * LOAD * math.log(level / (level - SUPPLY / 4)), rel=0.1)


def test_ldo(pool):
    netlist = """E1 y 0 ref sense 1000
R1 y out {r/1e6}
R2 vdd 0 18k
E2 ref x vdd 0 0
R3 x 0 1g
G1 0 out vdd 0 1m"""
    ports = {"vdd": "supply", "out": "out", "ref": "reference", "sense": "feedback"}
    settings = {"output": "1.2", "reference_voltage": "1.2", "i_light": "1m", "i_full": "11m", "half": "2u"}
    _, found = measured(pool, macro(netlist, 1e-6), "ldo", Wiring(ports, settings=settings))
    out = (1200 - (1e-3 - SUPPLY * 1e-3)) / 1001  # 1 Ohm, a thousandth of it by the loop
    close(found, load_reg=1 / 1001, line_reg=1e-3 / 1001, gain_full=60.0, psrr_1k=20 * math.log10(1001 / 1e-3),
          accuracy=1.2 - out, rel=1e-2)
    close(found, pm_full=90.0, pm_light=90.0, rel=1e-2)
    bench = attach(macro(netlist, 1e-6), fill(read_template("ldo"), Wiring(ports, settings=settings),
                                              macro(netlist, 1e-6).conditions.nominal))
    high = pool.evaluate(bench, {"r": R}, replace(bench.conditions.nominal, supply=1.1 * SUPPLY))
    close(high.metrics, line_reg=1e-3 / 1001, rel=1e-2)  # a sweep has its own supplies


def test_ldo_with_a_divider_outside(pool):
    """Half of the output at the feedback port: half of the loop gain, twice the reference at the output."""
    netlist = "E1 y 0 ref sense 1000\nR1 y out {r/1e6}\nR2 vdd 0 18k\nG1 0 out vdd 0 1m"
    ports = {"vdd": "supply", "out": "out", "ref": "reference", "sense": "feedback"}
    settings = {"output": "1.2", "reference_voltage": "0.6", "divider": "0.5", "i_light": "1m", "i_full": "11m",
                "half": "2u"}
    _, found = measured(pool, macro(netlist, 1e-6), "ldo", Wiring(ports, settings=settings))
    out = (600 - (1e-3 - SUPPLY * 1e-3)) / 501
    close(found, load_reg=1 / 501, line_reg=1e-3 / 501, gain_full=20 * math.log10(500), gain_light=20 * math.log10(500),
          accuracy=1.2 - out, rel=1e-2)
    close(found, pm_full=90.0, pm_light=90.0, rel=1e-2)


@pytest.mark.parametrize("low, change", [("1.62", 0.0), ("1.51", 0.09 / 0.47)])
def test_line_regulation_ends_at_its_lowest_supply(pool, low, change):
    """Out of regulation below 1.6 V, between the points that a step of 0.1 V has."""
    netlist = "B1 a 0 v=min(1.4,v(vdd)-0.2)\nR1 a out 1m\nR2 vdd 0 {r}"
    settings = {"output": "1.4", "i_light": "0", "i_full": "1u", "line_low": low}
    _, found = measured(pool, macro(netlist, 1e-6), "ldo", Wiring({"vdd": "supply", "out": "out"}, settings=settings))
    assert found["line_reg"] == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("ports, netlist", [
    ({"in": "in+", "out": "out"}, "R1 in out {r}"),
    ({"ip": "in+", "im": "in-", "op": "out+", "om": "out-"}, "R1 ip op {r}\nR2 im om {r}"),
])
def test_filter_is_an_rc(pool, ports, netlist):
    corner = 1 / (2 * math.pi * R * LOAD)
    settings = {"f_stop": "100meg", "f_edge": f"{corner}"}
    _, found = measured(pool, macro(netlist), "filter", Wiring(ports, settings=settings))
    close(found, cutoff=corner, ripple=3.0103, rejection=20 * math.log10(1e8 / corner), rel=2e-3)
    assert abs(found["gain"]) < 1e-3 and abs(found["peaking"]) < 1e-3
    per_side = BOLTZMANN * KELVIN / LOAD * math.atan(1.0) * 2 / math.pi  # kT/C up to the corner
    close(found, noise=math.sqrt(per_side * (2 if "im" in ports else 1)), rel=1e-2)


def test_oscillator_rings_at_its_lc(pool):
    """Van der Pol: a negative conductance that fades; level, kick and start-up of the template."""
    netlist = """L1 out mid 1u
C1 out mid 99p
R1 mid 0 1m
G1 out mid cur='1m*v(out,mid)*(v(out,mid)*v(out,mid)/0.75-1)'
R2 vdd 0 {r}"""
    _, found = measured(pool, macro(netlist), "oscillator",
                        Wiring({"vdd": "supply", "out": "out"}, settings={"time": "2.5u", "level": "0"}))
    close(found, frequency=1 / (2 * math.pi * math.sqrt(1e-6 * 100e-12)), swing=2.0, duty=0.5, rel=5e-3)
    close(found, power=SUPPLY ** 2 / R, rel=1e-2)


def test_an_oscillator_has_started_at_its_first_rise(pool):
    """Three inverting integrators with limits in a ring; what the output does is in the bench's own vectors."""
    netlist = "\n".join(f"B{at} {to} 0 v=0.9-0.9*tanh(20*(v({a})-0.9))\nR{at} {to} {b} 1k\nC{at} {b} 0 1p"
                        for at, a, to, b in ((1, "out", "x", "p"), (2, "p", "y", "q"), (3, "q", "z", "out")))
    circuit = macro(f"{netlist}\nR9 vdd 0 {{r}}")
    wiring = Wiring({"vdd": "supply", "out": "out"}, settings={"time": "200n"})
    bench, found = measured(pool, circuit, "oscillator", wiring)
    curves = pool.waveforms(attach(circuit, bench), {"r": R}, circuit.conditions.nominal).vectors["run"]
    time, above = curves["time"], curves["v(out)"] >= SUPPLY / 2
    first = [at for at in range(1, len(time)) if above[at] and not above[at - 1]][0]
    assert time[first - 1] <= found["startup"] <= time[first]


def test_voltage_reference(pool):
    netlist = "R1 vdd out 1k\nR2 out 0 1k tc=1m\nR3 vdd 0 {r}"
    _, found = measured(pool, macro(netlist), "reference", Wiring({"vdd": "supply", "out": "out"}))
    cold, hot = (SUPPLY * (1 + 1e-3 * d) / (2 + 1e-3 * d) for d in (-67, 58))
    close(found, value=SUPPLY / 2, tc=1e6 * (hot - cold) / ((hot + cold) / 2) / 125, line_reg=100 / SUPPLY, rel=1e-2)
    close(found, psrr_100=20 * math.log10(2), power=SUPPLY ** 2 * (1 / 2e3 + 1 / R), rel=1e-3)
    assert found["startup"] == pytest.approx(0.99 * 10e-6, rel=1e-2)  # the supply's ramp


@pytest.mark.parametrize("resistance, expected", [
    ("1k", 10e-6 + 50e-6 * math.log(0.24 * 5 * (1 - math.exp(-0.2)) / 0.012)), ("1meg", 990e-6)])
def test_a_reference_has_started_up_once_it_stays_in_its_band(pool, resistance, expected):
    """The ramp of 10 us takes the output through the band, to 1.44 V by the capacitors; from there it decays to 1.2 V
    with 50 us, or with 50 ms, which is longer than the transient."""
    netlist = (f"R1 vdd a {{r/1e3}}\nR2 a 0 {{2*r/1e3}}\nE1 e 0 a 0 1\nR3 e out {resistance}\nC1 out 0 10n\n"
               "C2 vdd out 40n")
    _, found = measured(pool, macro(netlist), "reference", Wiring({"vdd": "supply", "out": "out"}))
    assert found["startup"] == pytest.approx(expected, rel=2e-2)


def test_current_reference(pool):
    _, found = measured(pool, macro("R1 vdd out {r}"), "reference",
                        Wiring({"vdd": "supply", "out": "out"}, settings={"compliance": "0.3"}))
    close(found, value=1.5 / R, line_reg=100 / 1.5, rel=1e-2)


def test_bias_ports_further_supplies_and_pins(pool):
    """All that the supply gives is counted; a negative current leaves through the port."""
    netlist = """R1 vdd 0 {r}
R2 avdd 0 1k
R3 ib1 0 1k
R4 avdd ib2 1k
R5 vb vss 1k
R6 en nen 1k
R7 out 0 1k"""
    ports = {"vdd": "supply", "avdd": "supply", "vss": "ground", "ib1": "bias current", "ib2": "bias current",
             "vb": "bias voltage", "en": "tied high", "nen": "tied low", "out": "out"}
    wiring = Wiring(ports, values={"ib1": "20u", "ib2": "-30u", "vb": "0.5*supply"})
    bench, found = measured(pool, macro(netlist), "generic", wiring)
    close(found, power=SUPPLY * (SUPPLY / R + SUPPLY / 1e3 + 20e-6 + 30e-6 + SUPPLY / 1e3))
    assert "Vbias1 vb 0 dc {0.5*supply}" in bench.testbench


SHIPPED = {
    "OTA": ("op-amp", "", Wiring(PORTS, settings={"common_mode": "1.3", "output": "1.65", "step": "0.3",
                                                   "half": "200n"}),
            {"gain", "gbw", "pm", "power", "offset", "slew", "noise", "cmrr"}),
    "MILLER": ("op-amp", "", Wiring(PORTS, settings={"common_mode": "1", "output": "1", "step": "0.4", "half": "200n"}),
               {"gain", "gbw", "pm", "power", "offset", "slew", "noise", "psrr"}),
    "FDOTA": ("fd-ota", "Vclose vcr vcf 0",
              Wiring({"vdd": "supply", "inp": "in+", "inn": "in-", "op": "out+", "om": "out-", "vcm": "common mode"},
                     settings={"common_mode": "0.6", "step": "0.8", "half": "400n", "settled": "0.8m"}),
              {"gain", "gbw", "pm", "power", "offset", "slew", "settling", "noise"}),
    "SimLDO": ("ldo", "", Wiring({"vdd": "supply", "out": "out", "ref": "reference", "sense": "feedback"},
                                 settings={"output": "1.8", "i_light": "0.5m", "i_full": "20m", "half": "2u",
                                           "line_low": "3", "line_high": "3.6"}),
               {"accuracy", "i_q", "i_full", "gain_full", "pm_full", "gain_light", "pm_light", "psrr_1k", "psrr_100k",
                "load_reg", "line_reg", "dropout", "undershoot", "overshoot", "settling", "noise"}),
    "VREF": ("reference", "Vclose x xg 0", Wiring({"vdd": "supply", "ref": "out"}),
             {"psrr_100", "psrr_100k", "power", "noise", "startup"}),
    "ADCL": ("comparator", "", Wiring({"vdd": "supply", "ip": "in+", "im": "in-", "q": "out+", "qb": "out-",
                                       "clk": "clock"}), {"right", "power"}),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_class_measures_what_a_circuit_s_own_testbench_does(name, pool):
    kind, closing, wiring, same = SHIPPED[name]
    circuit, design = load_circuit(name), golden_design(load_circuit(name))
    own = pool.evaluate(circuit, design, circuit.conditions.nominal).metrics
    opened = replace(circuit, netlist=f"{circuit.netlist}\n{closing}\n")
    _, found = measured(pool, opened, kind, wiring, design)
    # the circuit's own supply sweep has steps of 0.1 V: 2% of the dropout
    assert {name: found[name] for name in same} == pytest.approx({name: own[name] for name in same}, rel=0.03, abs=1e-9)


# What is refused

@pytest.mark.parametrize("kind, ports, options, said", [
    ("op-amp", {"vdd": "supply", "inp": "in+", "out": "out"}, {}, "op-amp: expected a port with the role 'in-'"),
    ("op-amp", {**PORTS, "clk": "clock"}, {}, "port clk has the role 'clock', for which this testbench has no use"),
    ("op-amp", {**PORTS, "o2": "out"}, {}, "ports out and o2 are both 'out', at most one may be"),
    ("op-amp", {**PORTS, "a\n.control": "ground"}, {}, "is not the name of a node"),
    ("op-amp", {**PORTS, "vb": "bias"}, {}, "port vb: expected a role, one of supply,"),
    ("op-amp", PORTS, {"settings": {"speed": "1"}}, "'speed' is no setting, only common_mode,"),
    ("op-amp", PORTS, {"settings": {"step": "0.1)\n.control"}}, "step: expected a number or arithmetic"),
    ("op-amp", PORTS, {"settings": {"half": "w_in"}}, "must come to a number for an analysis"),
    ("op-amp", PORTS, {"values": {"vdd": "3"}}, "'vdd' has a value but is no bias port"),
    ("none", PORTS, {}, "'none' is not a class with a ready testbench, only comparator"),
])
def test_a_refusal_says_what_to_do(kind, ports, options, said):
    with pytest.raises(BenchError) as found:
        fill(read_template(kind), Wiring(ports, **options), macro("").conditions.nominal)
    assert said in str(found.value)


def test_a_setting_that_names_nothing_is_refused():
    bench = fill(read_template("op-amp"), Wiring(PORTS, settings={"step": "w_none"}), macro("").conditions.nominal)
    with pytest.raises(CircuitError, match="found 'w_none'"):
        attach(macro(AMPLIFIER), bench)


def test_every_template_tells_roles_settings_and_directions():
    assert set(template_names()) == {"op-amp", "fd-ota", "comparator", "ldo", "oscillator", "filter", "reference",
                                     "generic"}
    for name in template_names():
        template = read_template(name)
        assert {role for roles in template.required for role in roles} | set(template.optional) <= set(ROLES)
        assert all(item["better"] in ("high", "low", "near") for item in template.table["metrics"])


def test_the_page_has_every_setting_and_metric():
    page = (Path(__file__).parents[1] / "docs" / "testbenches.md").read_text()
    for name in template_names():
        section = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        template = read_template(name)
        assert all(f"| `{item.name}` | {item.default or 'none'} |" in section for item in template.settings)
        assert all(f"| `{item['name']}` | {item['unit']} |" in section for item in template.table["metrics"])


def test_first_specs_are_a_tenth_easier():
    units = {"a": "Hz", "b": "dB", "c": "V", "d": "V", "e": "deg", "f": "V"}
    metrics = tuple(Metric(name, name, unit, "") for name, unit in units.items())
    bench = Bench("", (), metrics, (), {"a": "high", "b": "high", "c": "near", "d": "low", "e": "near", "f": "low"})
    found = first_specs(bench, {"a": 50e6, "b": 81.0, "c": 1.2, "d": None, "e": 60.0, "f": 4e-4})
    assert found == (Spec("a", low=45e6), Spec("b", low=79.0, scale=20.0), Spec("c", low=1.08, high=1.32),
                     Spec("e", low=57.0, high=63.0, scale=30.0), Spec("f", high=4.4e-4))
    assert all(spec.met({"a": 50e6, "b": 81.0, "c": 1.2, "e": 60.0, "f": 4e-4}[spec.metric]) for spec in found)
