"""A drawing with the values of a design: every size is written, nothing else of the drawing changes."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from sizing_app.circuit.folder import circuit_names, file_of, golden, load_circuit
from sizing_app.simulator.inspection import Device
from sizing_app.ui.parts.sized_schematic import sized


def texts(svg: str) -> list[str]:
    """What is written in a drawing, in its order."""
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def drawing(name: str, devices=()) -> tuple[str, str]:
    """The drawing of a circuit, and with its golden design."""
    circuit = load_circuit(name)
    svg = file_of(circuit, "schematic.svg").read_text("utf-8")
    return svg, sized(svg, circuit, golden(circuit)["parameters"], circuit.conditions.nominal, devices)


@pytest.mark.parametrize("name", circuit_names())
def test_every_parameter_of_a_shipped_drawing_becomes_a_value(name):
    before, after = drawing(name)
    names = {parameter.name for parameter in load_circuit(name).parameters}
    expressions = [new for old, new in zip(texts(before), texts(after), strict=True)
                   if len(old) <= 32 and names & set(re.findall(r"[A-Za-z]\w*", old))]
    assert expressions and not any(re.search(rf"\b({'|'.join(names)})/", text) for text in expressions)
    assert re.sub(r"<tspan.*?</tspan>", "", before) == re.sub(r"<tspan.*?</tspan>", "", after)


def test_sizes_factors_and_driven_gates_are_told_apart():
    written = texts(drawing("MILLER")[1])
    design = golden(load_circuit("MILLER"))["parameters"]
    assert (design["w_in"], design["l_in"]) == (91e-6, 1.3e-6) and "91\u00b5/1.3\u00b5" in written
    assert "1.2 k\u03a9" in written and "2 pF" in written
    assert "v_bp 1.18 V" in texts(drawing("OTA")[1]) and "128\u00b78.2f" in texts(drawing("ADC1")[1])


def test_a_region_that_is_not_saturation_is_a_word():
    point = {"model": "nmos", "width": 1e-6, "length": 1e-6, "gm": 1e-4, "gds": 1e-6, "vgs": 0.8, "vth": 0.5,
             "vdsat": 0.2}
    devices = [Device("m5", current=36.4e-6, vds=0.1, **point), Device("M7", current=9e-5, vds=0.9, **point)]
    written = texts(drawing("MILLER", devices)[1])
    assert "M5 36 \u00b5A, triode" in written and "M7 90 \u00b5A" in written and "M1" in written
