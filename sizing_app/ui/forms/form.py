"""What a person filled in to a Task, or to sentences that name the cell and say what is expected. No Gradio here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameter, Parameters, Spec
from sizing_app.circuit.units import read_quantity, show_quantity, show_unit
from sizing_app.circuit.validation import Invalid, check_spec, is_whole
from sizing_app.errors import StoreError
from sizing_app.policy.designs import initial_design
from sizing_app.session.events import fold
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task
from sizing_app.task.validation import MAX_SEED, SESSION_BUDGET

BOUNDS = (("low", "Lower"), ("high", "Upper"))
INITIAL = {"random": "Random (by seed)", "middle": "Middle of the ranges", "typed": "Typed below"}


@dataclass(frozen=True)
class Reading:
    """A task, or the problems that prevent one; the tables carry the problems of their cells."""

    task: Task | None
    problems: tuple[str, ...]
    specs: dict
    initial: dict


def cells(caption: str, columns: Iterable[tuple[str, str]], rows: Iterable[dict],
          entries: Mapping[str, str | Sequence[str]] = MappingProxyType({})) -> dict:
    """Value of a components.cell_table.

    ``columns``: (key, title) of the editable columns. ``rows``: dicts with name, title, unit, note, cells (column key
    to text) and errors (column key to sentence). ``entries``: how a column is filled in where its cells are no
    quantities: "text", "check" (its text is "yes" or empty), or the words to choose from.
    """
    return {"caption": caption, "columns": [{"key": key, "title": title, "entry": entries.get(key, "quantity")}
                                            for key, title in columns],
            "rows": [{"note": "", "errors": {}, "unit": "", **row} for row in rows]}


def spec_table(circuit: Circuit, specs: tuple[Spec, ...]) -> dict:
    """All metrics of the circuit; those without a spec have empty bounds."""
    asked = {spec.metric: spec for spec in specs}
    return cells("Metric", BOUNDS, ({
        "name": metric.name, "title": metric.title, "unit": show_unit(metric.unit), "hint": metric.definition,
        "cells": {side: cell_text(getattr(asked.get(metric.name), side, None), metric.unit) for side, _ in BOUNDS},
    } for metric in circuit.metrics))


def initial_table(circuit: Circuit, values: Parameters) -> dict:
    return cells("Parameter", (("value", "Value"),), ({
        "name": parameter.name, "title": parameter.name, "unit": show_unit(parameter.unit), "hint": parameter.role,
        "note": f"{parameter.show(parameter.low)} \u2026 {parameter.show(parameter.high)}",
        "cells": {"value": cell_text(values[parameter.name], parameter.unit)},
    } for parameter in circuit.parameters))


def best_of(store: SessionStore, session_id: str, circuit: Circuit, table: dict, problems: list[str]) -> dict:
    """The initial table with the best design of a session; ``table`` and a problem where there is none."""
    try:
        state = fold(store.events(session_id))
    except StoreError as error:
        problems.append(f"Initial design: {error}")
        return table
    other = state.task.circuit
    if [item.name for item in other.parameters] != [item.name for item in circuit.parameters]:
        problems.append(f"Initial design: session {session_id} sized {other.name}, which has other parameters than "
                        f"{circuit.name}.")
        return table
    if state.best is None or state.best.proposal.parameters is None:
        problems.append(f"Initial design: session {session_id} has no simulated design yet.")
        return table
    return initial_table(circuit, state.best.proposal.parameters)


def initial_values(circuit: Circuit, kind: str, seed: int) -> Parameters:
    """Where a session starts: drawn by seed, or the middle of every range; on the grid a designer would use."""
    if kind == "middle":
        return {parameter.name: parameter.snap(parameter.from_unit(0.5)) for parameter in circuit.parameters}
    return initial_design(circuit, seed)


def read_task(circuit: Circuit, conditions: Conditions, specs: Mapping, kind: str, initial: Mapping,
              budget: object, seed: object) -> Reading:
    """Check everything at once, so that a person sees all problems together."""
    problems: list[str] = []
    if not is_whole(budget, 1, SESSION_BUDGET):
        problems.append(f"Budget: expected a whole number from 1 to {SESSION_BUDGET}.")
    if not is_whole(seed, 0, MAX_SEED):
        problems.append(f"Seed: expected a whole number from 0 to {MAX_SEED}.")
    wanted, specs = read_specs(circuit, specs, problems)
    if kind == "typed":
        values, initial = _read_initial(circuit, initial, problems)
    else:
        values, initial = initial_values(circuit, kind, 0 if problems else int(seed)), dict(initial)
    task = None if problems else Task(circuit, wanted, conditions, values, int(budget), int(seed))
    return Reading(task, tuple(problems), specs, initial)


def read_specs(circuit: Circuit, table: Mapping, problems: list[str]) -> tuple[tuple[Spec, ...], dict]:
    """The specs of a spec_table, and the table with the sentences that ``problems`` gets too."""
    defaults = {spec.metric: spec for spec in circuit.specs}
    typed = {row["name"]: row["cells"] for row in table["rows"]}
    wanted, errors = [], {}
    for metric in circuit.metrics:
        found: dict[str, str] = {}
        bounds = {side: _bound(typed.get(metric.name, {}).get(side), side, metric, found) for side, _ in BOUNDS}
        default = defaults.get(metric.name)
        if not found and any(bound is not None for bound in bounds.values()):
            spec = Spec(metric.name, **bounds, scale=default.scale if default else None)
            try:
                check_spec(spec, metric.title, metric.unit)
                wanted.append(spec)
            except Invalid as error:
                found["high" if spec.kind == "upper" else "low"] = f"{error}."
        errors[metric.name] = found
        problems.extend(found.values())
    if not wanted and not any(errors.values()):
        problems.append("Specs: at least one metric needs a lower or an upper bound.")
    return tuple(wanted), _with_errors(table, errors)


def _bound(text: object, side: str, metric, found: dict[str, str]) -> float | None:
    if text is None or not str(text).strip():
        return None
    try:
        return read_quantity(str(text), metric.unit)
    except ValueError as error:
        found[side] = f"{metric.title}, {'lower' if side == 'low' else 'upper'} bound: {error}."
        return None


def _read_initial(circuit: Circuit, table: Mapping, problems: list[str]) -> tuple[Parameters, dict]:
    typed = {row["name"]: row["cells"].get("value") for row in table["rows"]}
    values, errors = {}, {}
    for parameter in circuit.parameters:
        try:
            values[parameter.name] = _initial(parameter, typed.get(parameter.name))
        except ValueError as error:
            errors[parameter.name] = {"value": f"{parameter.name}: {error}."}
            problems.append(errors[parameter.name]["value"])
    return values, _with_errors(table, errors)


def _initial(parameter: Parameter, text: object) -> float:
    if text is None or not str(text).strip():
        raise ValueError(f"expected a value from {parameter.show(parameter.low)} to {parameter.show(parameter.high)}")
    return read_value(str(text), parameter)


def read_value(text: str, parameter: Parameter) -> float:
    """A value that a design may have. Raises ValueError."""
    value = read_quantity(text, parameter.unit)
    if problem := parameter.problem(value):
        raise ValueError(f"{text.strip()} {problem}")
    return value


def _with_errors(table: Mapping, errors: Mapping[str, dict[str, str]]) -> dict:
    """The table as it was typed, with the sentences of its cells."""
    return {**table, "rows": [{**row, "errors": errors.get(row["name"], {})} for row in table["rows"]]}


def cell_text(value: float | None, unit: str) -> str:
    """What stands in a cell that a person edits: read back as the same value, to six digits."""
    return "" if value is None else show_quantity(value, unit, 6)
