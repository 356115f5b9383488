"""What a program sends to the API, to the nouns of the product; what is wrong becomes a sentence."""

from collections.abc import Mapping
from dataclasses import replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.units import read_quantity, show_quantity
from sizing_app.circuit.validation import Invalid, check_spec, is_whole
from sizing_app.circuit.variation import read_pelgrom
from sizing_app.task.definition import Plan
from sizing_app.task.goal import Goal, read_goal
from sizing_app.ui.forms import over_form

Number = float | str
"""A number, or a text with an SI suffix such as 4.7u."""


class WrongInput(ValueError):
    """The message says what is wrong and what was expected."""


def read_circuit(circuits: Mapping[str, Circuit], name: str) -> Circuit:
    """By name or key."""
    if not isinstance(name, str) or name not in circuits:
        raise WrongInput(f"There is no circuit {name!r}: choose one of {', '.join(circuits)}.")
    return circuits[name]


def read_parameters(circuit: Circuit, values: Mapping[str, Number], base: Parameters | None = None) -> Parameters:
    """Parameters in SI units; all of them, or those that ``base`` lacks."""
    names = [parameter.name for parameter in circuit.parameters]
    expect_object(values, "parameters")
    unknown = [name for name in values if name not in names]
    missing = [name for name in names if name not in values and base is None]
    if unknown or missing:
        what = f"unknown {', '.join(unknown)}" if unknown else f"missing {', '.join(missing)}"
        raise WrongInput(f"parameters: {what}; {circuit.name} has {', '.join(names)}.")
    read = dict(base or {})
    for parameter in circuit.parameters:
        if parameter.name in values:
            value = _number(values[parameter.name], parameter.unit, f"parameters.{parameter.name}")
            if problem := parameter.problem(value):
                raise WrongInput(f"parameters.{parameter.name}: {parameter.show(value)} {problem}.")
            read[parameter.name] = value
    return {name: read[name] for name in names}


def read_specs(circuit: Circuit, specs: Mapping[str, Mapping[str, Number | None]] | None) -> tuple[Spec, ...]:
    """The default specs where ``specs`` is None, else metric to {"low": ..., "high": ...} and nothing beside them."""
    if specs is None:
        return circuit.specs
    expect_object(specs, "specs")
    metrics = {metric.name: metric for metric in circuit.metrics}
    scales = {spec.metric: spec.scale for spec in circuit.specs}
    read = []
    for name, bounds in specs.items():
        if name not in metrics:
            raise WrongInput(f"specs: {name!r} is not a metric of {circuit.name}, which has {', '.join(metrics)}.")
        if not isinstance(bounds, Mapping) or not bounds or not set(bounds) <= {"low", "high"}:
            raise WrongInput(f'specs.{name}: expected {{"low": ..., "high": ...}} or one of them, found {bounds!r}.')
        low, high = (None if bounds.get(side) is None else
                     _number(bounds[side], metrics[name].unit, f"specs.{name}.{side}") for side in ("low", "high"))
        spec = Spec(name, low, high, scales.get(name))
        try:
            check_spec(spec, f"specs.{name}", metrics[name].unit)
        except Invalid as error:
            raise WrongInput(f"{error}.") from error
        read.append(spec)
    if not read:
        raise WrongInput("specs: expected at least one.")
    return tuple(read)


def read_plan(circuit: Circuit, conditions: Conditions, text: str, samples: int = 0, aim: str = "",
              pelgrom: str = "") -> Plan | None:
    """Where designs are judged: nominal, corners, or a choice (task/over.py), and random samples."""
    for name, value, example in (("over", text, "nominal or corners"), ("yield_aim", aim, "95% or 3 sigma"),
                                 ("pelgrom", pelgrom, "3,1")):
        read_text(value, name, example)
    try:
        return over_form.read_plan(circuit, conditions, over_form.Chosen(text, "", samples, aim, pelgrom))
    except Invalid as error:
        raise WrongInput(f"{error}.") from error


def read_then(text: str) -> Goal | None:
    """What is pushed once all specs are met."""
    try:
        return read_goal(read_text(text, "then", "stop or 'minimize power'"))
    except Invalid as error:
        raise WrongInput(f"{error}.") from error


def read_conditions(circuit: Circuit, given: Mapping[str, Number] | None) -> Conditions:
    """Nominal but for what is given: corner, temperature, supply, load."""
    space, conditions = circuit.conditions, circuit.conditions.nominal
    expect_object(given or {}, "conditions")
    for name, value in (given or {}).items():
        if name == "corner":
            if value not in space.corners:
                raise WrongInput(f"conditions.corner: expected one of {', '.join(space.corners)}, found {value!r}.")
            conditions = replace(conditions, corner=value)
            continue
        values = {"temperature": space.temperatures, "supply": space.supplies, "load": space.loads}.get(name)
        if values is None:
            raise WrongInput(f"conditions: {name!r} is not one of corner, temperature, supply, load.")
        unit = {"supply": "V", "load": "F"}.get(name, "C")
        number = _number(value, unit, f"conditions.{name}")
        if not min(values) <= number <= max(values):
            raise WrongInput(f"conditions.{name}: {circuit.name} is specified from "
                             f"{show_quantity(min(values), unit)} to {show_quantity(max(values), unit)}.")
        conditions = replace(conditions, **{name: number})
    return conditions


def read_assumed(pelgrom: str) -> tuple[float, float] | None:
    """Coefficients of mismatch to assume; None where those of the foundry are meant."""
    try:
        return read_pelgrom(pelgrom) if read_text(pelgrom, "pelgrom", "3,1").strip() else None
    except Invalid as error:
        raise WrongInput(f"{error}.") from error


def read_text(value: object, name: str, example: str = "") -> str:
    if not isinstance(value, str):
        such = f" such as {example}" if example else ""
        raise WrongInput(f"{name}: expected a text{such}, found {value!r}.")
    return value


def read_count(value: int, name: str, lowest: int, highest: int) -> int:
    if not is_whole(value, lowest, highest):
        raise WrongInput(f"{name}: expected a whole number from {lowest} to {highest}, found {value!r}.")
    return int(value)


def expect_object(value: object, where: str) -> None:
    """Raises WrongInput for what is no JSON object."""
    if not isinstance(value, Mapping):
        raise WrongInput(f"{where}: expected an object, names to values, found {type(value).__name__}.")


def _number(value: Number, unit: str, where: str) -> float:
    try:
        return read_quantity(value, unit)
    except (ValueError, TypeError) as error:
        raise WrongInput(f"{where}: {error}.") from error
