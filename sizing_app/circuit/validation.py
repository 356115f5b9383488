"""What makes Parameter, Spec, Conditions and Circuit valid: one set of rules for circuit folders, query suites,
imported sessions, the command line, the forms and the API. task/validation.py has those of Task and Turn.

Each check raises Invalid with one sentence, "place: what was expected, what was found". The types themselves stay
plain: training makes turns by the million, and the store reads what earlier versions wrote by its shape alone, so that
a session that was valid when it was stored can always be opened. Only what comes in from outside is held to the rules.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Circuit, Parameter, Parameters, Spec
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.units import show_quantity

CONDITIONS = ("supply", "load", "temperature")
"""Names that braces of a netlist may use beside the parameters."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
LARGEST, SMALLEST = 1e30, 1e-30
"""Bounds of the size of any number but 0, in SI units: products and ratios of two of them stay finite."""
MAX_TEXT, MAX_LINE = 200_000, 500
"""Characters of any text, and of one that is shown in a line: titles, roles, units."""
MAX_ITEMS, MAX_PLACES, MAX_STEPS = 200, 20, 10_000
"""Parameters, metrics or analyses of a circuit; values of each condition; grid points of a linear parameter."""


class Invalid(ValueError):
    """A value breaks a rule; the message says where, what was expected and what was found."""


def expect(holds: object, where: str, expected: str, *found: object) -> None:
    """Raise Invalid unless ``holds``."""
    if not holds:
        raise Invalid(f"{where}: expected {expected}" + (f", found {_short(found[0])}" if found else ""))


def is_whole(value: object, lowest: int, highest: int) -> bool:
    """Whether a value that came from outside is a whole number in a range."""
    return (isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= highest
            and value == int(value))


def check_leaves(value: object, where: str) -> None:
    """Every number in a noun is finite, every text can be stored (no NUL, no lone surrogate) and is bounded."""
    if isinstance(value, str):
        expect(len(value) <= MAX_TEXT, where, f"at most {MAX_TEXT} characters", len(value))
        expect("\0" not in value, where, "a text without NUL characters")
        expect(not any("\ud800" <= letter <= "\udfff" for letter in value), where, "a text in Unicode")
    elif isinstance(value, float):
        expect(math.isfinite(value), where, "a finite number", value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_leaves(key, where)
            check_leaves(item, f"{where}.{_short(key)}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            check_leaves(item, f"{where}.{place}")
    elif is_dataclass(value):
        for field in fields(value):
            check_leaves(getattr(value, field.name), f"{where}.{field.name}")


def check_number(value: float, where: str) -> None:
    expect(value == 0 or SMALLEST <= abs(value) <= LARGEST, where,
           f"0 or a number of a size from {SMALLEST:g} to {LARGEST:g}", value)


def check_line(text: str, where: str, empty: bool = False) -> None:
    """A text that is shown in one line."""
    expect(len(text) <= MAX_LINE and text.isprintable() and (empty or text.strip()), where,
           f"one line of at most {MAX_LINE} characters", text)


def check_parts(circuit: Circuit) -> None:
    """The parts of a circuit, each by itself; what only the parts together can tell is for
    circuit.check.check_circuit."""
    check_leaves(circuit, "circuit")
    expect(NAME.fullmatch(circuit.name.replace("-", "_")), "name", "letters, digits, _ and -", circuit.name)
    check_line(circuit.title, "title")
    known = (*PROCESSES, OWN)
    expect(circuit.process in known, "process", f"one of {', '.join(known)}", circuit.process)
    models = PROCESSES[circuit.process].models if circuit.process in PROCESSES else ()
    for alias, model in circuit.devices.items():
        expect(NAME.fullmatch(alias), "devices", "names of letters, digits and _", alias)
        expect(model in models, f"devices.{alias}", f"one of {', '.join(models) or 'no models'}", model)
    if circuit.origin:
        check_line(circuit.origin.name, "origin.name")
        expect(re.fullmatch("[0-9a-f]{64}", circuit.origin.digest), "origin.digest",
               "a SHA-256 in small hexadecimal digits", circuit.origin.digest)
    for key in ("parameters", "metrics", "analyses"):
        items = getattr(circuit, key)
        expect(len(items) <= MAX_ITEMS and (items or key == "analyses"), key, f"1 to {MAX_ITEMS}", len(items))
        for item in items:
            expect(NAME.fullmatch(item.name), key, "names of letters, digits and _", item.name)
    for parameter in circuit.parameters:
        check_parameter(parameter, f"parameters.{parameter.name}")
    for metric in circuit.metrics:
        check_line(metric.title, f"metrics.{metric.name}.title")
        check_line(metric.unit, f"metrics.{metric.name}.unit", empty=True)
    if circuit.specs:  # a member of the family is checked before its targets are calibrated
        check_specs(circuit.specs, (metric.name for metric in circuit.metrics), "specs")
    check_space(circuit.conditions, circuit.process, "conditions")


def check_parameter(parameter: Parameter, where: str) -> None:
    expect(NAME.fullmatch(parameter.name) and parameter.name not in CONDITIONS, f"{where}.name",
           f"letters, digits and _, and none of {', '.join(CONDITIONS)}", parameter.name)
    low, high, log = parameter.low, parameter.high, parameter.scale == "log"
    for value in (low, high):
        check_number(value, f"{where}.range")
    expect(low < high and (low > 0 or not log), f"{where}.range",
           "[low, high] with low < high" + (" and both positive" if log else ""), [low, high])
    if parameter.step is not None:
        expect(0 < parameter.step <= (high - low) * (1 + 1e-9), f"{where}.step",
               "a positive number, at most high - low", parameter.step)
        expect(high - low <= MAX_STEPS * parameter.step, f"{where}.step", f"at most {MAX_STEPS} steps in the range",
               parameter.step)
    check_line(parameter.unit, f"{where}.unit", empty=True)
    check_line(parameter.role, f"{where}.role")


def check_spec(spec: Spec, where: str, unit: str = "") -> None:
    """A bound or two, which may be equal (a count that must be exact), and something to measure a shortfall by."""
    bounds = [bound for bound in (spec.low, spec.high) if bound is not None]
    expect(bounds, where, "a lower bound, an upper bound or both")
    for bound in bounds:
        check_number(bound, where)
    if len(bounds) == 2 and spec.low > spec.high:
        raise Invalid(f"{where}: the lower bound {show_quantity(spec.low, unit)} is above the upper bound "
                      f"{show_quantity(spec.high, unit)}")
    if spec.scale is None and 0.0 in bounds:
        raise Invalid(f"{where}: a bound of 0 gives no scale to measure a shortfall by; expected a bound other than 0")
    if spec.scale is not None:
        expect(spec.scale > 0, f"{where}.scale", "a positive number", spec.scale)
        check_number(spec.scale, f"{where}.scale")


def check_specs(specs: Collection[Spec], metrics: Iterable[str], where: str) -> None:
    """At least one, each on a metric of its own."""
    expect(specs, where, "at least one")
    left = dict.fromkeys(metrics)
    for spec in specs:
        expect(spec.metric in left, where, f"each metric at most once, of {', '.join(left) or 'those'}", spec.metric)
        del left[spec.metric]
        check_spec(spec, f"{where}.{spec.metric}")


def check_conditions(point: Conditions, process: str, where: str) -> None:
    """Temperature in degrees Celsius, supply in V, load in F; what is physical, not what a circuit is specified for."""
    if process in PROCESSES:
        corners = PROCESSES[process].corners
        expect(point.corner in corners, f"{where}.corner", f"one of {', '.join(corners)}", point.corner)
    for name, low, high in (("temperature", -273.15, 1000.0), ("supply", SMALLEST, 1000.0), ("load", SMALLEST, 1.0)):
        value = getattr(point, name)
        expect(low <= value <= high, f"{where}.{name}", f"a number from {low:g} to {high:g}", value)
    if point.draw is not None:
        draw = point.draw
        expect(min(draw.seed, draw.sample) >= 0, f"{where}.draw", "a seed and a sample from 0")
        expect(draw.pelgrom is None or all(0 <= value <= 1e-6 for value in draw.pelgrom), f"{where}.draw.pelgrom",
               "A_VT (V m) and A_beta (m) from 0 to 1e-6", draw.pelgrom)


def check_space(space: ConditionSpace, process: str, where: str) -> None:
    for name in ("corners", "temperatures", "supplies", "loads"):
        values = getattr(space, name)
        expect(1 <= len(values) <= MAX_PLACES, f"{where}.{name}", f"1 to {MAX_PLACES} values", len(values))
    for point in space.all():
        check_conditions(point, process, where)


def check_design(circuit: Circuit, design: Parameters, where: str) -> None:
    """Every parameter, each within its range."""
    names = [parameter.name for parameter in circuit.parameters]
    expect(set(design) == set(names), where, f"exactly the parameters of {circuit.name}: {', '.join(names)}")
    for parameter in circuit.parameters:
        if problem := parameter.problem(design[parameter.name]):
            raise Invalid(f"{where}.{parameter.name}: {parameter.show(design[parameter.name])} {problem}")


def _short(value: object) -> str:
    text = value if isinstance(value, str) and NAME.fullmatch(value) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
