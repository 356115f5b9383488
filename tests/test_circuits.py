"""Circuit folders: the shipped ones hold what they promise, and a slip in a folder has a message that finds it."""

import inspect
import json
import random
import re
import runpy
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from sizing_app.circuit import check
from sizing_app.circuit import folder as circuits
from sizing_app.circuit.folder import circuit_names, golden, load_circuit, read_folder, settle
from sizing_app.circuit.netlist import build_netlist
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.evaluate.golden import write
from sizing_app.policy.designs import from_unit
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.metrics import MEASURES
from sizing_app.task.reward import score
from tests.builders import QuadraticSimulator, a_circuit, settled

NAMES = circuit_names()


@pytest.fixture(scope="module")
def pool():
    """With a deadline that a busy machine keeps too."""
    with SimulatorPool(1, deadline=120) as simulator:
        yield simulator


@pytest.mark.parametrize("name", NAMES)
def test_golden_design_meets_its_specs_and_its_record(name, pool):
    circuit = load_circuit(name)
    record = golden(circuit)
    measured = pool.evaluate(circuit, record["parameters"], circuit.conditions.nominal)
    assert measured.ok, measured.log
    assert score(measured, circuit.specs).passed
    for metric in circuit.metrics:
        relative = metric.unit not in ("dB", "deg")
        tolerance = {"rel": 0.02, "abs": 1e-5 if metric.unit == "V" else 0} if relative else {"abs": 0.2}
        assert measured.metrics[metric.name] == pytest.approx(record["metrics"][metric.name], **tolerance), metric.name


@pytest.mark.parametrize("name", NAMES)
def test_every_reachable_size_has_a_model_at_every_corner(name):
    circuit = load_circuit(name)
    source = random.Random(0)
    designs = [from_unit(circuit, [end] * len(circuit.parameters)) for end in (0, 1)]
    designs += [from_unit(circuit, [source.choice((0, 1, source.random())) for _ in circuit.parameters])
                for _ in range(30)]
    corners = [replace(circuit.conditions.nominal, corner=corner) for corner in circuit.conditions.corners]
    everywhere = [(designs[-1], conditions) for conditions in circuit.conditions.all()]
    for design, conditions in [*product(designs, corners), *everywhere]:
        assert ".model" in build_netlist(circuit, design, conditions)


@pytest.mark.parametrize("name", NAMES)
def test_folder_is_complete_and_its_drawing_current(name):
    circuit = load_circuit(name)
    folder = circuits.home(circuit)
    drawn = runpy.run_path(str(folder / "schematic.py"))["draw"]().svg()
    assert drawn == (folder / "schematic.svg").read_text(), f"python circuits/{name}/schematic.py draws it anew"
    words = set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", drawn)))
    assert {item.name for item in circuit.parameters} <= words
    transistors = set(re.findall(r"(?m)^(M\w+)", circuit.netlist))
    assert transistors <= words
    page = (folder / "README.md").read_text()
    assert not [item.name for item in (*circuit.parameters, *circuit.metrics) if f"`{item.name}`" not in page]
    assert {spec.metric for spec in circuit.specs} == {metric.name for metric in circuit.metrics}


def test_a_measure_is_described_as_it_is_defined():
    """circuit/folder.py reads the functions' source; Python's own view of them agrees."""
    defined = {name: {key: argument.annotation.__name__ for key, argument in
                      list(inspect.signature(function).parameters.items())[1:]
                      if argument.kind is not argument.KEYWORD_ONLY}
               for name, function in MEASURES.items()}
    assert check.measure_arguments() == defined


def test_unknown_circuit_is_named_with_the_known_ones():
    with pytest.raises(CircuitError, match="NOSUCH.*OTA"):
        load_circuit("NOSUCH")


FIRST_PARAMETER = '[[parameters]]\nname = "w_in"'
STEP = 'save = ["time", "v(out)"]'
SLIPS = {
    "no title": ("circuit.toml", 'title = "', 'titel = "', ["titel", "no such key", "title"]),
    "title is a number": ("circuit.toml", re.compile('title = ".*?"'), "title = 3", ["title", "a text", "3"]),
    "no TOML": ("circuit.toml", 'process = "', "process = ", ["TOML", "line 3"]),
    "no bytes of a text": ("circuit.toml", None, b"\xff\xfe\x00", ["TOML"]),
    "unknown process": ("circuit.toml", 'process = "gf180mcu"', 'process = "gf18"', ["process", "gf180mcu", "gf18"]),
    "process missing": ("circuit.toml", 'process = "gf180mcu"', "", ["process", "sky130", "missing"]),
    "unknown model": ("circuit.toml", 'nmos = "nfet_03v3"', 'nmos = "nfet_06v0"',
        ["devices.nmos", "nfet_03v3", "nfet_06v0"]),
    "devices is no table": ("circuit.toml", "[devices]", "[device]", ["device", "no such key, only title"]),
    "alias missing": ("circuit.toml", 'nmos = "nfet_03v3"', 'nfet = "nfet_03v3"',
        ["Mb", "[devices], nfet, pmos", "'nmos'"]),
    "unknown corner": ("circuit.toml", '"ss", "fs"', '"slow", "fs"', ["conditions.corner:", "tt, ff, ss", "slow"]),
    "no temperatures": ("circuit.toml", "temperatures = [27, -40, 85]", "",
        ["conditions.temperatures", "list of numbers"]),
    "supply is a word": ("circuit.toml", '["3.3", "3.0"', '["high", "3.0"', ["conditions.supplies", "1.65", "high"]),
    "load of nothing": ("circuit.toml", '["2p", "1p"', '["2p", "0"', ["conditions.load:", "1e-30 to 1"]),
    "range reversed": ("circuit.toml", '["2u", "200u"]', '["200u", "2u"]', ["parameters[0].range", "low < high"]),
    "range of one": ("circuit.toml", '["2u", "200u"]', '["2u"]', ["parameters[0].range", "[low, high]"]),
    "log range from 0": ("circuit.toml", '["2u", "200u"]', '["0", "200u"]', ["parameters[0].range", "both positive"]),
    "range in wrong unit": ("circuit.toml", '["2u", "68u"]', '["2uV", "68u"]', ["range", "SI suffix", "2uV"]),
    "unknown scale": ("circuit.toml", 'scale = "linear"', 'scale = "cubic"', ["scale", "log, linear", "cubic"]),
    "linear without step": ("circuit.toml", 'step = "20m"', "", ["step", "a number", "missing"]),
    "step too large": ("circuit.toml", 'step = "20m"', 'step = "2"', ["step", "high - low"]),
    "role missing": ("circuit.toml", 'role = "input pair width"', "", ["parameters[0].role", "a text", "missing"]),
    "name of a condition": ("circuit.toml", FIRST_PARAMETER, '[[parameters]]\nname = "load"',
        ["name", "none of", "load"]),
    "name with a space": ("circuit.toml", FIRST_PARAMETER, '[[parameters]]\nname = "w in"',
        ["parameters[0].name", "w in"]),
    "name twice": ("circuit.toml", 'name = "l_in"', 'name = "w_in"', ["parameters and metrics", "w_in", "twice"]),
    "parameter unused": ("netlist.sp", "{v_bn}", "2.4", ["parameters", "netlist.sp or testbench.sp", "v_bn"]),
    "unknown parameter": ("netlist.sp", "{w_ncas}", "{w_nca}", ["netlist.sp", "parameter of circuit.toml", "w_nca"]),
    "no arithmetic": ("netlist.sp", "{w_ncas}", "{w_ncas +}", ["netlist.sp", "w_ncas +"]),
    "calls a function": ("netlist.sp", "{w_ncas}", "{open(w_ncas)}", ["netlist.sp", "open"]),
    "open brace": ("netlist.sp", "{w_ncas}", "{w_ncas", ["netlist.sp", "line 12", "brace"]),
    "transistor without length": ("netlist.sp", "w={w_in} l={l_in}", "w={w_in}", ["transistor", "l=...", "M1"]),
    "control block": ("testbench.sp", ".option", ".control\nshell true\n.endc\n.option",
        ["testbench.sp", "line 8", ".control"]),
    "include": ("testbench.sp", ".option", ".include /etc/passwd\n.option", ["testbench.sp", "line 8", ".include"]),
    "library": ("netlist.sp", "Vbn ", ".lib 'models' tt\nVbn ", ["netlist.sp", "line 4", ".lib"]),
    "csparam": ("netlist.sp", "Vbn ", ".csparam x=1\nVbn ", ["netlist.sp", ".csparam"]),
    "behavioural source": ("netlist.sp", "Vbn ", "B1 x 0 q=v(out)\nVbn ", ["netlist.sp", "B1 x 0"]),
    "wave from a file": ("testbench.sp", "pulse(", 'pwl file="/etc/passwd" (', ["testbench.sp", "line 4", "pwl file"]),
    "file on a continued line": ("testbench.sp", "pulse(", '\n+ pwl file="/etc/passwd" (', ["testbench.sp", "line 5"]),
    "back tick": ("netlist.sp", "Vbn ", "R9 x 0 `shell true`\nVbn ", ["netlist.sp", "line 4", "R9"]),
    "netlist missing": ("netlist.sp", None, None, ["netlist.sp", "readable", "No such file"]),
    "no analyses": ("circuit.toml", "[[analyses]]", "[[analysis]]", ["analysis", "no such key"]),
    "unknown analysis": ("circuit.toml", 'run = "op"', 'run = "pz in out"',
        ["analyses[0]", "op, ac, tran", "pz in out"]),
    "command after the analysis": ("circuit.toml", 'run = "op"', 'run = "op\\nshell true"',
        ["analyses[0]", "shell true"]),
    "output redirected": ("circuit.toml", 'run = "op"', 'run = "op > file"', ["analyses[0]", "op > file"]),
    "alter that executes": ("circuit.toml", '"vprobe acmag" = "-1"', '"vprobe acmag" = "0; shell true"',
        ["alter", "shell true"]),
    "save that executes": ("circuit.toml", '"i(vdd)"', '"i(vdd)\\n.control"', ["analyses[0]", "v(out)", ".control"]),
    "nothing saved": ("circuit.toml", 'save = ["v(out)", "i(vdd)"]', "save = []",
        ["analyses[0].save", "list of texts"]),
    "needs no metric": ("circuit.toml", STEP, STEP + "\nneeds = { margin = 15 }",
        ["analyses step needs.margin", "a metric, one of gain", "'margin'"]),
    "needs what comes later": ("circuit.toml", STEP, STEP + "\nneeds = { slew = 15 }",
        ["analyses step needs.slew", "earlier analyses alone", "op, loop", "read from 'step'"]),
    "needs no number": ("circuit.toml", STEP, STEP + '\nneeds = { pm = "much" }', ["needs.pm", "SI suffix", "much"]),
    "needs without otherwise": ("circuit.toml", STEP, STEP + "\nneeds = { pm = 15 }",
        ["metrics slew otherwise", "a number", "'step'", "missing"]),
    "otherwise without needs": ("circuit.toml", 'measure = "slew_rate"', 'measure = "slew_rate"\notherwise = 0',
        ["metrics slew otherwise", "no such key", "no needs"]),
    "unknown measure": ("circuit.toml", 'measure = "loop_gain"', 'measure = "gain"',
        ["metrics[0].measure", "loop_gain", "'gain'"]),
    "argument missing": ("circuit.toml", 'rise = "12n", ', "", ["metrics[4].with.rise", "missing"]),
    "argument unknown": ("circuit.toml", 'rise = "12n"', 'rises = "12n"',
        ["metrics[4].with.rises", "no such key", "rise"]),
    "argument no number": ("circuit.toml", 'rise = "12n"', 'rise = "soon"',
        ["metrics[4].with.rise", "SI suffix", "soon"]),
    "measure of no analysis": ("circuit.toml", 'analysis = "noise"', 'analysis = "noisy"',
        ["metrics noise with.analysis", "noisy"]),
    "vector not saved": ("circuit.toml", 'current = "i(vdd)"', 'current = "i(vss)"',
        ["metrics power with.current", "i(vdd)", "i(vss)"]),
    "argument of unknown name": ("circuit.toml", '"{supply}"', '"{vdd}"',
        ["metrics power with.supply", "supply", "vdd"]),
    "spec on no metric": ("circuit.toml", 'metric = "cmrr"', 'metric = "psrr"', ["specs[7].metric", "cmrr", "psrr"]),
    "spec without bound": ("circuit.toml", 'low = "50meg"', "", ["specs[1].low", "upper bound", "missing"]),
    "spec reversed": ("circuit.toml", "high = 88", "high = 55", ["specs[2]:", "60 is above the upper bound 55"]),
    "dB spec without scale": ("circuit.toml", "low = 75\nscale = 20", "low = 75", ["specs[0].scale", "dB", "missing"]),
    "negative scale": ("circuit.toml", "low = 75\nscale = 20", "low = 75\nscale = -20",
        ["specs[0].scale", "positive", "-20"]),
    "two specs on one metric": ("circuit.toml", 'metric = "cmrr"', 'metric = "gain"',
        ["specs:", "gain", "at most once"]),
    "bound is a truth value": ("circuit.toml", "high = 88", "high = true", ["specs[2].high", "SI suffix", "True"]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_has_a_message_that_finds_it(slip, tmp_path):
    file, old, new, said = SLIPS[slip]
    folder = tmp_path / "OTA"
    shutil.copytree(circuits.FOLDERS[-1] / "OTA", folder)
    _edit(folder / file, old, new)
    with pytest.raises(CircuitError) as caught:
        read_folder(folder)
    message = str(caught.value)
    assert str(folder / file) in message or str(folder) in message
    assert not [part for part in said if part not in message], message
    assert "\n" not in message.strip()


def _edit(path: Path, old, new) -> None:
    """Replace the first ``old``, a text or pattern, by ``new``; without ``old``, the file; without both, remove it."""
    if old is None and new is None:
        path.unlink()
    elif old is None:
        path.write_bytes(new)
    else:
        pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
        text, count = pattern.subn(lambda _: new, path.read_text(), count=1)
        assert count == 1, "the slip was not made"
        path.write_text(text)


@pytest.mark.parametrize("change, said", [
    (lambda record: record["parameters"].pop("w_in"), ["parameters.w_in", "missing"]),
    (lambda record: record["parameters"].update(w_inn=1e-6), ["parameters.w_inn", "no such key", "w_in"]),
    (lambda record: record["metrics"].update(gain="high"), ["metrics.gain", "high"]),
    (lambda record: record.pop("metrics"), ["metrics", "a table"]),
])
def test_a_golden_design_of_other_parameters_is_refused(change, said, tmp_path):
    folder = tmp_path / "OTA"
    shutil.copytree(circuits.FOLDERS[-1] / "OTA", folder)
    record = json.loads((folder / "golden.json").read_text())
    change(record)
    (folder / "golden.json").write_text(json.dumps(record))
    _edit(folder / "circuit.toml", re.compile('title = "[^"]*"'), f'title = "{tmp_path}"')
    with pytest.raises(CircuitError) as caught:
        golden(read_folder(folder))
    assert not [part for part in [*said, "golden.json"] if part not in str(caught.value)], str(caught.value)


def test_a_golden_design_may_leave_a_metric_without_a_value(tmp_path):
    """One that no spec asks for; it is written as null, and read."""
    class WithoutPower(QuadraticSimulator):
        def measure(self, circuit, parameters, conditions):
            found = super().measure(circuit, parameters, conditions)
            return replace(found, metrics={**found.metrics, "power": None})

    circuit = replace(settled(tmp_path), specs=a_circuit().specs[:1])
    settle(circuit, tmp_path)
    write(circuit, WithoutPower(), {"w": 1e-5, "m": 3.0})
    assert golden(circuit)["metrics"]["power"] is None and golden(circuit)["metrics"]["gain"] > 50


def test_processes_of_the_circuits_are_known():
    assert {load_circuit(name).process for name in NAMES} <= set(PROCESSES)
