"""Quantities: what people write is read rightly or refused, and what is shown is read back, for all circuits."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.definition import Parameter, Spec
from sizing_app.circuit.folder import load_circuits
from sizing_app.circuit.toml_table import CircuitError, Table
from sizing_app.circuit.units import (format_si, parse_si, read_quantity, show_percent, show_quantity, show_share,
                                      show_unit)
from sizing_app.cli.values import UsageError, read_specs
from sizing_app.pools.targets import DesignGrid
from sizing_app.prompt import chat
from sizing_app.prompt.parser import parse_reply
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.ui.exchange import api_inputs
from sizing_app.ui.forms.form import read_task, spec_table
from sizing_app.ui.forms.understood import understand
from tests.builders import a_circuit
from tests.test_ui import with_cell

CIRCUITS = list(load_circuits().values())
UNITS = sorted({item.unit for circuit in CIRCUITS for item in (*circuit.parameters, *circuit.metrics)} | {"C", "S/s"})
OTA = next(circuit for circuit in CIRCUITS if circuit.name == "OTA")
SHOWN = re.compile(r"-?[0-9.]+(e[-+][0-9]+)?"
                   r"( ?(?:[fpnµmkMGT]?)(?:Hz|V|A|W|s|F|Ω|m|J|V/s|V/√Hz|S/s)| V/[µn]s| ?°C?| dB| %| LSB)?")


@pytest.mark.parametrize("text, unit, value", [
    ("60M", "Hz", 60e6), ("60 MHz", "Hz", 60e6), ("60MHZ", "Hz", 60e6), ("60meg", "Hz", 60e6), ("60MEGHz", "Hz", 60e6),
    ("500m", "Hz", 0.5), ("500 mHz", "Hz", 0.5), ("2g", "Hz", 2e9), ("10MV/s", "V/s", 1e7), ("30MV/s", "V/s", 3e7),
    ("30meg V/s", "V/s", 3e7), ("30V/us", "V/s", 3e7), ("30 V/µs", "V/s", 3e7), ("30 V/\u03bcs", "V/s", 3e7),
    ("2V/ns", "V/s", 2e9), ("30M", "V/s", 3e7), ("1MOhm", "Ohm", 1e6), ("5.1 M\u03a9", "Ohm", 5.1e6),
    ("10k\u03a9", "Ohm", 1e4), ("10k\u2126", "Ohm", 1e4), ("10Kohms", "Ohm", 1e4), ("16 nV/√Hz", "V/sqrt(Hz)", 16e-9),
    ("16nV/sqrt(Hz)", "V/sqrt(Hz)", 16e-9), ("16nV/rtHz", "V/sqrt(Hz)", 16e-9), ("16nV/√(Hz)", "V/√Hz", 16e-9),
    ("60°", "deg", 60), ("60 deg", "deg", 60), ("60", "°", 60), ("-40 °C", "C", -40), ("27C", "C", 27),
    ("75db", "dB", 75), ("\u22123 dB", "dB", -3), ("4.7\u03bcm", "m", 4.7e-6), ("4.7\u00b5", "m", 4.7e-6),
    ("1m", "m", 1e-3), ("1 m", "m", 1), ("2f", "F", 2e-15), ("2 F", "F", 2), ("2PF", "F", 2e-12),
    ("450uW", "W", 450e-6),
    ("3x", "", 3), (".5", "", 0.5), ("1e-6", "A", 1e-6), (10, "V", 10), ("1\u00a0V", "V", 1)])
def test_what_people_write(text, unit, value):
    assert read_quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text, unit, words", [
    ("60mhz", "Hz", "write 60 MHz or 60meg for mega, 60m for milli"), ("10mohm", "Ohm", "milli or mega"),
    ("1M", "V", "write 1m for milli, 1meg for mega"), ("1MV", "V", "milli or mega"), ("2M", "", "milli or mega"),
    ("2F", "F", "such as 2pF or 100fF"), ("60 MHz", "V", "such as 1.65 or 900mV"), ("30V/Ms", "V/s", "30V/us"),
    ("4,7u", "m", "with a decimal point"), ("4k7", "Ohm", "10kOhm"), ("10\u2076", "Hz", "60MHz"),
    ("1 000", "V", "such"),
    ("27K", "C", "such as 27"), ("1/3", "", "such as 8"), ("", "V", "such as"), ("nan", "V", "such as"),
    ("1e999", "V", "finite"), (10**400, "V", "finite"), (math.nan, "V", "finite"), (True, "V", "'True'"),
    ("9" * 61, "V", "..."), ("\u0663", "V", "such as")])
def test_what_is_refused_says_what_to_write(text, unit, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_quantity(text, unit)


def test_every_door_reads_the_same():
    """60M is 60 MHz in a field in Hz, and refused in one in W: form, CLI, API, circuit files, the live reading."""
    def form(name, text):
        table = with_cell(with_cell(spec_table(OTA, OTA.specs), name, "low", text), name, "high", "")
        reading = read_task(OTA, OTA.conditions.nominal, table, "middle", {"rows": []}, 5, 0)
        return next(spec.low for spec in reading.task.specs if spec.metric == name) if reading.task else None

    assert form("gbw", "60M") == read_specs(OTA, ["gbw>=60M"])[1].low == 60e6
    assert api_inputs.read_specs(OTA, {"gbw": {"low": "60M"}})[0].low == 60e6
    assert Table("f", {"low": "60M"}).number("low", "Hz") == 60e6
    assert understand("60M", "Hz") == {"value": "60 MHz", "problem": ""}
    assert form("power", "60M") is None and "60meg for mega" in understand("60M", "W")["problem"]
    for read, error in ((lambda: read_specs(OTA, ["power=60M"]), UsageError),
                        (lambda: api_inputs.read_specs(OTA, {"power": {"low": "60M"}}), api_inputs.WrongInput),
                        (lambda: Table("f", {"low": "60M"}).number("low", "W"), CircuitError)):
        with pytest.raises(error, match="write 60m for milli, 60meg for mega"):
            read()


def test_equal_bounds_are_taken_at_every_door():
    table = with_cell(with_cell(spec_table(OTA, OTA.specs), "pm", "low", "60"), "pm", "high", "60°")
    reading = read_task(OTA, OTA.conditions.nominal, table, "middle", {"rows": []}, 5, 0)
    found = [next(spec for spec in specs if spec.metric == "pm") for specs in (
        reading.task.specs, read_specs(OTA, ["pm=60..60"]),
        api_inputs.read_specs(OTA, {"pm": {"low": 60, "high": 60}}))]
    assert {(spec.low, spec.high) for spec in found} == {(60.0, 60.0)} and found[0].show("deg") == "= 60°"


@given(st.sampled_from(UNITS), st.floats(-16, 13), st.booleans(), st.integers(2, 7))
def test_what_is_shown_is_read_back(unit, exponent, negative, digits):
    value = (-1.0 if negative else 1.0) * 10 ** exponent
    text = show_quantity(value, unit, digits)
    assert SHOWN.fullmatch(text), text
    assert read_quantity(text, unit) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))
    assert read_quantity(text, show_unit(unit)) == read_quantity(text, unit)
    assert understand(text, unit)["value"] == show_quantity(read_quantity(text, unit), unit, 6)


def test_values_are_shown_as_people_write_them():
    shown = [show_quantity(value, unit) for value, unit in (
        (60e6, "Hz"), (450e-6, "W"), (30e6, "V/s"), (16e-9, "V/sqrt(Hz)"), (60.0, "deg"), (75.25, "dB"), (5.1e6, "Ohm"),
        (27.0, "C"), (88.0, ""), (123456.0, ""), (0.0, "V"), (-0.0, "V"), (0.31, "LSB"), (2e9, "V/s"), (None, "V"))]
    assert shown == ["60 MHz", "450 µW", "30 V/µs", "16 nV/√Hz", "60°", "75.25 dB", "5.1 MΩ", "27 °C", "88", "123456",
                     "0 V", "0 V", "0.31 LSB", "2 V/ns", "-"]


def test_a_share_is_all_or_none_only_where_it_is():
    shares = (1.0, 1999 / 2000, 0.99, 0.5, 0.01, 1 / 5000, 0.0)
    assert [show_share(share) for share in shares] == ["100.0%", "99.9%", "99.0%", "50.0%", "1.0%", "0.1%", "0.0%"]
    assert [show_percent(share) for share in shares] == ["100%", "99%", "99%", "50%", "1%", "1%", "0%"]
    assert show_percent(sum([0.1] * 10)) == "100%", "rounding is no miss"


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_every_number_of_the_chat_prompt_is_read_back(circuit):
    """Ranges, targets, results, and every design on the grid as the model is shown it and may repeat it."""
    rng = np.random.default_rng(0)
    for parameter in circuit.parameters:
        written = (parameter.low, parameter.high, *parameter.grid())
        for value in (*written, *map(parameter.nearest, map(parameter.from_unit, rng.random(5)))):
            for text in (parameter.show(value), parameter.spice(value)):
                read = read_quantity(text, parameter.unit)
                assert math.isclose(read, value, rel_tol=1e-9 if value in written else 6e-4), (parameter, text)
    for spec in circuit.specs:
        for bound in filter(lambda bound: bound is not None, (spec.low, spec.high)):
            for value in bound * np.concatenate([[1.0], 10 ** rng.uniform(-3, 3, 20)]):
                metric = circuit.metric(spec.metric)
                assert math.isclose(read_quantity(metric.show(value), metric.unit), value, rel_tol=6e-4), (spec, value)
    for design in DesignGrid(circuit).random(rng, 5):
        parameters = DesignGrid(circuit).design(design)
        task = Task(circuit, circuit.specs, circuit.conditions.nominal, parameters)
        measured = Measurement("ok", {spec.metric: spec.low if spec.high is None else spec.high for spec in task.specs})
        history = tuple(Turn(index, Proposal(parameters), measured, score(measured, task.specs)) for index in (0, 1))
        said = chat.messages(task, history)
        assert parse_reply(said[2]["content"], circuit).parameters == pytest.approx(parameters, rel=1e-9)
        shown = {parameter.name: parameter.show(parameters[parameter.name]) for parameter in circuit.parameters}
        again = json.dumps({"name": "simulate", "arguments": shown}, ensure_ascii=False)
        proposal = parse_reply(f"<Analyze>x</Analyze><tool_call>{again}</tool_call>", circuit)
        assert proposal.parameters == pytest.approx(parameters, rel=1e-9) and not proposal.problems


def test_netlists_are_spice():
    """A capital M is milli there, as in ngspice."""
    assert (parse_si("60M"), parse_si("60MEG"), parse_si("1e-6")) == pytest.approx((60e-3, 60e6, 1e-6))
    shown = [format_si(value) for value in (60e6, 4.7e-6, 0.98, 1e-16, 999.9e3)]
    assert shown == ["60meg", "4.7u", "980m", "0.1f", "1meg"]
    with pytest.raises(ValueError, match="SI suffix"):
        parse_si("60 MHz")


COUNT = Parameter("m", "", 1, 9, "devices", "linear", 1)


def test_counts_are_whole():
    assert COUNT.count and not Parameter("k", "", 0.2, 1, "ratio", "linear", 0.025).count
    assert [COUNT.nearest(value) for value in (0.0, 2.4, 2.6, 9.7)] == [1, 2, 3, 9]
    assert COUNT.contains(3.0) and not COUNT.contains(2.5) and "whole" in COUNT.problem(2.5)
    assert COUNT.spice(3.0) == COUNT.show(3.0) == "3"
    assert parse_reply('<Analyze>x</Analyze><tool_call>{"name":"simulate","arguments":{"m":"2.5"}}</tool_call>',
                       _circuit_with(COUNT)).problems == ("m = '2.5' is not a whole number, as a count must be.",)


@pytest.mark.parametrize("parameter, first, last, count", [
    (Parameter("x", "", 0, 1, "r", "linear", 0.35), 0, 0.7, 3),
    (Parameter("c", "F", 100e-15, 1e-12, "r", "linear", 100e-15), 100e-15, 1e-12, 10),
    (Parameter("m", "", 1, 400, "r", "linear", 1), 1, 400, 400),
    (Parameter("r", "Ohm", 1.01e3, 1.04e3, "r"), 1.01e3, 1.04e3, 2),
    (Parameter("w", "m", 5e-6, 5e-6, "r"), 5e-6, 5e-6, 1),
    (Parameter("v", "V", 0.1, 0.3, "r", "linear", 0.1), 0.1, 0.3, 3)])
def test_grids_stay_in_their_range(parameter, first, last, count):
    grid = parameter.grid()
    assert (grid[0], grid[-1], len(grid)) == (first, last, count)
    assert all(parameter.contains(value) and parameter.snap(value) == value for value in grid)


def test_a_wide_range_has_no_room_below_it():
    wide = Parameter("r", "Ohm", 1.0, 1e12, "r")
    assert not wide.contains(0.5) and not wide.contains(-100.0) and wide.contains(1.0)


def test_a_grid_of_more_than_256_values_keeps_its_places():
    grid = DesignGrid(_circuit_with(Parameter("m", "", 1, 400, "r", "linear", 1)))
    assert grid.dtype == np.uint16 and grid.design(grid.index({"m": 360.0})) == {"m": 360.0}
    assert all(DesignGrid(circuit).dtype == np.uint8 for circuit in CIRCUITS), "what stored pools hold"


def test_specs_are_shown_with_their_unit():
    assert [spec.show(unit) for spec, unit in ((Spec("gbw", low=60e6), "Hz"), (Spec("pm", 60, 88), "deg"),
                                               (Spec("p", high=4e-4), "W"))] == [">= 60 MHz", "60° .. 88°", "<= 400 µW"]


def _circuit_with(parameter: Parameter):
    return replace(a_circuit(), parameters=(parameter,))
