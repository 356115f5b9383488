"""A drawing with the values of a design: every size is written, nothing else of the drawing changes."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from sizing_app.circuit.folder import circuit_names, file_of, golden, load_circuit
from sizing_app.simulator.inspection import Device
from sizing_app.ui.parts.sized_schematic import sized


SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    """What is written in a drawing, in its order."""
    return [written(node) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def written(node) -> str:
    """The text of a node without titles, which are shown on hover."""
    return (node.text or "") + "".join(("" if part.tag == f"{SVG}title" else written(part)) + (part.tail or "")
                                       for part in node)


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
    shown = texts(drawing("MILLER")[1])
    design = golden(load_circuit("MILLER"))["parameters"]
    assert (design["w_in"], design["l_in"]) == (91e-6, 1.3e-6) and "91\u00b5/1.3\u00b5" in shown
    assert "1.2 k\u03a9" in shown and "2 pF" in shown
    assert "v_bp 1.18 V" in texts(drawing("OTA")[1]) and "128\u00b78.2f" in texts(drawing("ADC1")[1])


def test_a_region_that_is_not_saturation_is_a_word():
    point = {"model": "nmos", "width": 1e-6, "length": 1e-6, "gm": 1e-4, "gds": 1e-6, "vgs": 0.8, "vth": 0.5,
             "vdsat": 0.2}
    devices = [Device("m5", current=36.4e-6, vds=0.1, **point), Device("M7", current=9e-5, vds=0.9, **point)]
    svg = drawing("MILLER", devices)[1]
    shown = texts(svg)
    assert "M5" in shown and shown[shown.index("M5") + 1].endswith("\u00b536 \u00b5A tri")
    assert shown[shown.index("M7") + 1].endswith("\u00b590 \u00b5A")
    assert "<title>M5: 36 \u00b5A, triode</title>" in svg and "<title>M7: 90 \u00b5A, saturation</title>" in svg


def test_a_device_without_sizes_has_its_point_at_its_name():
    point = Device("M1", "nmos", 1e-6, 1e-6, 1e-5, 1e-4, 1e-6, 0.8, 0.9, 0.5, 0.2)
    alone = '<svg><text x="1" y="2" fill="#000" text-anchor="end"><tspan x="1" dy="14">M1</tspan></text></svg>'
    circuit = load_circuit("MILLER")
    shown = sized(alone, circuit, golden(circuit)["parameters"], circuit.conditions.nominal, [point])
    assert ">M1 10 \u00b5A</tspan>" in shown


@pytest.mark.parametrize("name", circuit_names())
def test_operating_points_overlap_nothing_where_all_are_long(name):
    """Every transistor in triode with a current of three digits; a character is taken as 0.52 of its size wide, a
    little more than in Helvetica."""
    point = {"model": "nmos", "width": 1e-6, "length": 1e-6, "gm": 1e-4, "gds": 1e-6, "vgs": 0.8, "vth": 0.5,
             "vdsat": 0.2, "vds": 0.1, "current": 364e-6}
    devices = [Device(text, **point) for text in texts(drawing(name)[0]) if re.fullmatch(r"[mM]\w{1,4}", text)]
    boxes = [box for node in ElementTree.fromstring(drawing(name, devices)[1]).iter(f"{SVG}text")
             for box in lines(node)]
    points = [box for box in boxes if box[4] == "360 \u00b5A tri"]
    assert len(points) == len(devices) > 0
    assert not [(one[4], one[:4], other[4], other[:4]) for one in points for other in boxes if one is not other
                and one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]]


def lines(node) -> list[tuple[float, float, float, float, str]]:
    """Left, right, upper and lower end, and text, of each line of a text that drawing.py makes."""
    found, height = [], float(node.get("y"))
    for span in node.iter(f"{SVG}tspan"):
        size = float(span.get("font-size", node.get("font-size")))
        height += float(span.get("dy"))
        width = 0.52 * size * len(span.text)
        left = float(span.get("x")) - {"start": 0.0, "middle": 0.5, "end": 1.0}[node.get("text-anchor")] * width
        found.append((left, left + width, height - size / 2, height + size / 2, span.text))
    return found
