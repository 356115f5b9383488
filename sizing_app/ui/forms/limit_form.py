"""Tables in which a person narrows the ranges of a task, or edits one proposal. No Gradio here."""

from collections.abc import Mapping

from sizing_app.domain import Circuit, Parameters
from sizing_app.limits import Limits
from sizing_app.ui.forms.form import BOUNDS, cells
from sizing_app.units import format_si, parse_si


def limit_table(circuit: Circuit, limits: Limits) -> dict:
    """Lowest and highest value of every parameter; empty where the circuit's range stands."""
    return cells("Parameter", BOUNDS, ({
        "name": parameter.name, "title": parameter.name, "unit": parameter.unit, "hint": parameter.role,
        "note": f"{format_si(parameter.low, 4)} \u2026 {format_si(parameter.high, 4)}",
        "cells": dict(zip(("low", "high"), _texts(limits.get(parameter.name), parameter), strict=True)),
    } for parameter in circuit.parameters))


def read_limits(circuit: Circuit, table: Mapping) -> tuple[dict[str, tuple[float, float]], list[str], dict]:
    """The narrowed ranges, what is wrong with the table in sentences, and the table with these at their cells."""
    typed = {row["name"]: row["cells"] for row in table["rows"]}
    limits, problems, errors = {}, [], {}
    for parameter in circuit.parameters:
        texts = typed.get(parameter.name, {})
        found: dict[str, str] = {}
        bounds = {side: _value(texts.get(side), side, parameter, found) for side, _ in BOUNDS}
        if not found and bounds["low"] > bounds["high"]:
            found["low"] = (f"{parameter.name}: the lower limit {format_si(bounds['low'], 4)} is above the upper limit "
                            f"{format_si(bounds['high'], 4)}.")
        if not found and any(str(texts.get(side) or "").strip() for side, _ in BOUNDS):
            limits[parameter.name] = (bounds["low"], bounds["high"])
        errors[parameter.name] = found
        problems.extend(found.values())
    rows = [{**row, "errors": errors.get(row["name"], {})} for row in table["rows"]]
    return limits, problems, {**table, "rows": rows}


def proposal_table(circuit: Circuit, parameters: Parameters, limits: Limits) -> dict:
    """A proposal to be edited, with the range that each value must stay in."""
    rows = []
    for parameter in circuit.parameters:
        low, high = limits.get(parameter.name, (parameter.low, parameter.high))
        rows.append({"name": parameter.name, "title": parameter.name, "unit": parameter.unit, "hint": parameter.role,
                     "note": f"locked at {format_si(low, 4)}" if low == high else
                     f"{format_si(low, 4)} \u2026 {format_si(high, 4)}",
                     "cells": {"value": _show(parameters[parameter.name])}})
    return cells("Proposed design", (("value", "Value"),), rows)


def read_edits(circuit: Circuit, proposed: Parameters, limits: Limits,
               table: Mapping) -> tuple[dict[str, float], list[str], dict]:
    """The values that a person changed, what is wrong with the table, and the table with that at its cells."""
    typed = {row["name"]: str(row["cells"].get("value") or "").strip() for row in table["rows"]}
    edits, problems, errors = {}, [], {}
    for parameter in circuit.parameters:
        text, low, high = typed.get(parameter.name, ""), *limits.get(parameter.name, (parameter.low, parameter.high))
        if text == _show(proposed[parameter.name]):
            continue
        try:
            value = parse_si(text, parameter.unit)
            if not low * (1 - 1e-9) <= value <= high * (1 + 1e-9):
                raise ValueError(f"{text} is outside {format_si(low, 4)} to {format_si(high, 4)}")
            edits[parameter.name] = value
        except ValueError as error:
            errors[parameter.name] = {"value": f"{parameter.name}: {error}."}
            problems.append(errors[parameter.name]["value"])
    return edits, problems, {**table, "rows": [{**row, "errors": errors.get(row["name"], {})} for row in table["rows"]]}


def _value(text: object, side: str, parameter, found: dict[str, str]) -> float:
    """A limit, or the end of the range where the cell is empty or wrong."""
    end = parameter.low if side == "low" else parameter.high
    if text is None or not str(text).strip():
        return end
    try:
        value = parse_si(str(text), parameter.unit)
        if not parameter.contains(value):
            raise ValueError(f"{str(text).strip()} is outside {format_si(parameter.low, 4)} to "
                             f"{format_si(parameter.high, 4)}")
        return value
    except ValueError as error:
        found[side] = f"{parameter.name}, {'lower' if side == 'low' else 'upper'} limit: {error}."
        return end


def _texts(limit: tuple[float, float] | None, parameter) -> tuple[str, str]:
    if limit is None:
        return "", ""
    low, high = limit
    return "" if low == parameter.low else _show(low), "" if high == parameter.high else _show(high)


def _show(value: float) -> str:
    return format_si(value, 6)
