"""Tables in which a person narrows the ranges of a task, or edits one proposal. No Gradio here."""

from collections.abc import Mapping

from sizing_app.circuit.definition import Circuit, Parameter, Parameters
from sizing_app.circuit.units import show_unit
from sizing_app.task.limits import Limits, narrowed
from sizing_app.ui.forms.form import BOUNDS, cell_text, cells, read_value


def limit_table(circuit: Circuit, limits: Limits) -> dict:
    """Lowest and highest value of every parameter; empty where the circuit's range stands."""
    return cells("Parameter", BOUNDS, ({
        "name": parameter.name, "title": parameter.name, "unit": show_unit(parameter.unit), "hint": parameter.role,
        "note": f"{parameter.show(parameter.low)} \u2026 {parameter.show(parameter.high)}",
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
            found["low"] = (f"{parameter.name}: the lower limit {parameter.show(bounds['low'])} is above the upper "
                            f"limit {parameter.show(bounds['high'])}.")
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
        rows.append({"name": parameter.name, "title": parameter.name, "unit": show_unit(parameter.unit),
                     "hint": parameter.role,
                     "note": f"locked at {parameter.show(low)}" if low == high else
                     f"{parameter.show(low)} \u2026 {parameter.show(high)}",
                     "cells": {"value": cell_text(parameters[parameter.name], parameter.unit)}})
    return cells("Proposed design", (("value", "Value"),), rows)


def read_edits(circuit: Circuit, proposed: Parameters, limits: Limits,
               table: Mapping) -> tuple[dict[str, float], list[str], dict]:
    """The values that a person changed, what is wrong with the table, and the table with that at its cells."""
    typed = {row["name"]: str(row["cells"].get("value") or "").strip() for row in table["rows"]}
    edits, problems, errors = {}, [], {}
    for parameter in narrowed(circuit, limits).parameters:
        text = typed.get(parameter.name, "")
        if text == cell_text(proposed[parameter.name], parameter.unit):
            continue
        try:
            edits[parameter.name] = read_value(text, parameter)
        except ValueError as error:
            errors[parameter.name] = {"value": f"{parameter.name}: {error}."}
            problems.append(errors[parameter.name]["value"])
    return edits, problems, {**table, "rows": [{**row, "errors": errors.get(row["name"], {})} for row in table["rows"]]}


def _value(text: object, side: str, parameter: Parameter, found: dict[str, str]) -> float:
    """A limit, or the end of the range where the cell is empty or wrong."""
    end = parameter.low if side == "low" else parameter.high
    if text is None or not str(text).strip():
        return end
    try:
        return read_value(str(text), parameter)
    except ValueError as error:
        found[side] = f"{parameter.name}, {'lower' if side == 'low' else 'upper'} limit: {error}."
        return end


def _texts(limit: tuple[float, float] | None, parameter: Parameter) -> tuple[str, str]:
    if limit is None:
        return "", ""
    return tuple("" if bound == end else cell_text(bound, parameter.unit)
                 for bound, end in zip(limit, (parameter.low, parameter.high), strict=True))
