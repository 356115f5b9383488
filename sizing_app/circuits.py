"""Load circuits/NAME/ folders and say exactly what is wrong with one that is wrongly described."""

import functools
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from sizing_app.domain import Analysis, Circuit, ConditionSpace, Measure, Metric, Parameter, Spec
from sizing_app.netlist import build_netlist, used_names
from sizing_app.pdk import PROCESSES, ModelError
from sizing_app.units import parse_si

FOLDER = Path(os.environ.get("SIZING_CIRCUITS", Path(__file__).parent.parent / "circuits"))


class CircuitError(ValueError):
    """A circuit folder is wrongly described: the message names the file, the key and what was expected."""


def circuit_names() -> list[str]:
    """The folders of circuits/ that hold a circuit.toml, sorted."""
    return sorted(path.parent.name for path in FOLDER.glob("*/circuit.toml"))


def load_circuits() -> dict[str, Circuit]:
    """Every circuit by name."""
    return {name: load_circuit(name) for name in circuit_names()}


def load_circuit(name: str) -> Circuit:
    """The circuit of circuits/``name``. Raises CircuitError."""
    if name not in circuit_names():
        raise CircuitError(f"there is no circuit {name!r}, only {', '.join(circuit_names())}")
    return read_folder(FOLDER / name)


@functools.lru_cache(maxsize=None)
def read_folder(folder: Path) -> Circuit:
    """Read and validate one circuit folder. Raises CircuitError."""
    path = folder / "circuit.toml"
    try:
        table = Table(path, tomllib.loads(path.read_text()))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CircuitError(f"{path}: {error}") from None
    circuit = Circuit(
        name=folder.name, title=table.text("title"), summary=table.text("summary"),
        process=table.choice("process", PROCESSES),
        parameters=tuple(_parameter(entry) for entry in table.tables("parameters")),
        metrics=tuple(_metric(entry) for entry in table.tables("metrics")),
        specs=tuple(_spec(entry, table) for entry in table.tables("specs")),
        conditions=_conditions(table), analyses=tuple(_analysis(entry) for entry in table.tables("analyses")),
        measures=tuple(_measure(entry) for entry in table.tables("metrics")),
        netlist=_text(folder / "netlist.sp"), testbench=_text(folder / "testbench.sp"),
        devices=table.section("devices").mapping(), folder=str(folder))
    _check(circuit, path)
    return circuit


def golden(circuit: Circuit) -> dict:
    """golden.json: {"parameters": {...}, "metrics": {...}}, a design that meets the default specs at nominal conditions."""
    path = Path(circuit.folder) / "golden.json"
    try:
        return json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise CircuitError(f"{path}: {error}") from None


class Table:
    """A TOML table that knows where it stands, so that a message can name the file and the key."""

    def __init__(self, path: Path, values: Mapping, where: str = ""):
        self.path, self.values, self.where = path, values, where

    def fail(self, key: str, expected: str) -> CircuitError:
        found = f"found {self.values[key]!r}" if key in self.values else "it is missing"
        return CircuitError(f"{self.path}: {self.where}{key}: expected {expected}, {found}")

    def text(self, key: str) -> str:
        if not isinstance(self.values.get(key), str) or not self.values[key].strip():
            raise self.fail(key, "a text")
        return self.values[key]

    def choice(self, key: str, allowed, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if value not in allowed:
            raise self.fail(key, f"one of {', '.join(allowed)}")
        return value

    def number(self, key: str, unit: str = "", optional: bool = False) -> float | None:
        if optional and key not in self.values:
            return None
        return self._number(key, self.values.get(key), unit)

    def numbers(self, key: str, unit: str = "") -> tuple[float, ...]:
        values = self.values.get(key)
        if not isinstance(values, list) or not values:
            raise self.fail(key, "a list of numbers")
        return tuple(self._number(key, value, unit) for value in values)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.values.get(key)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise self.fail(key, "a list of texts")
        return tuple(values)

    def section(self, key: str) -> "Table":
        if not isinstance(self.values.get(key), dict):
            raise self.fail(key, "a table")
        return Table(self.path, self.values[key], f"{self.where}{key}.")

    def tables(self, key: str) -> list["Table"]:
        entries = self.values.get(key)
        if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
            raise self.fail(key, f"one or more [[{key}]] tables")
        return [Table(self.path, entry, f"{key}[{index}].") for index, entry in enumerate(entries)]

    def mapping(self) -> dict:
        return dict(self.values)

    def _number(self, key: str, value, unit: str) -> float:
        try:
            return parse_si(value, unit)
        except (ValueError, TypeError):
            raise self.fail(key, "a number with an SI suffix, such as 4.7u") from None


def _parameter(table: Table) -> Parameter:
    unit = table.text("unit")
    limits = table.numbers("range", unit)
    scale = table.choice("scale", ("log", "linear"), default="log")
    if len(limits) != 2 or limits[0] >= limits[1] or (scale == "log" and limits[0] <= 0):
        raise table.fail("range", "[low, high] with low < high" + (" and both positive" if scale == "log" else ""))
    return Parameter(table.text("name"), unit, limits[0], limits[1], table.text("role"), scale,
                     table.number("step", unit, optional=scale == "log"))


def _metric(table: Table) -> Metric:
    return Metric(table.text("name"), table.text("title"), table.text("unit"), table.text("definition"))


def _measure(table: Table) -> Measure:
    arguments = table.section("with").mapping()
    return Measure(table.text("name"), table.text("measure"),
                   {key: _number_or_text(value) for key, value in arguments.items()})


def _number_or_text(value):
    """Arguments of measures: ``12n`` is a number, ``v(out)`` and ``{supply}`` stay texts."""
    try:
        return parse_si(value)
    except (ValueError, TypeError):
        return value


def _spec(table: Table, root: Table) -> Spec:
    names = {entry.text("name"): entry.text("unit") for entry in root.tables("metrics")}
    unit = names[table.choice("metric", names)]
    low, high = table.number("low", unit, optional=True), table.number("high", unit, optional=True)
    if low is None and high is None:
        raise table.fail("low", "a lower bound, an upper bound (high) or both")
    if low is not None and high is not None and low >= high:
        raise table.fail("low", f"less than high = {high:g}")
    scale = table.number("scale", unit, optional=True)
    if scale is None and (unit == "dB" or 0.0 in (low, high)):
        raise table.fail("scale", "a positive number: the bound is 0 or in dB, so its size is no measure")
    if scale is not None and scale <= 0:
        raise table.fail("scale", "a positive number")
    return Spec(table.values["metric"], low, high, scale)


def _conditions(root: Table) -> ConditionSpace:
    table = root.section("conditions")
    corners = table.texts("corners")
    known = PROCESSES[root.values["process"]].corners
    if not set(corners) <= set(known):
        raise table.fail("corners", f"corners of {root.values['process']}: {', '.join(known)}")
    return ConditionSpace(corners, table.numbers("temperatures"), table.numbers("supplies", "V"), table.numbers("loads", "F"))


def _analysis(table: Table) -> Analysis:
    alter = table.section("alter").mapping() if "alter" in table.values else {}
    return Analysis(table.text("name"), table.text("run"), alter, table.texts("save"))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise CircuitError(f"{path}: {error.strerror}") from None


def _check(circuit: Circuit, path: Path) -> None:
    """What only the parts together can tell: names, braces, analyses."""
    for key, items in (("parameters and metrics", (*circuit.parameters, *circuit.metrics)), ("analyses", circuit.analyses)):
        names = [item.name for item in items]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CircuitError(f"{path}: the name {twice[0]!r} is used twice among {key}")
    analyses = [analysis.name for analysis in circuit.analyses]
    for measure in circuit.measures:
        for key in ("analysis", "loop"):
            if measure.arguments.get(key, analyses[0]) not in analyses:
                raise CircuitError(f"{path}: metrics {measure.metric} with.{key}: expected one of {', '.join(analyses)}, "
                                   f"found {measure.arguments[key]!r}")
    _check_netlist(circuit, path)


def _check_netlist(circuit: Circuit, path: Path) -> None:
    used = used_names(circuit)
    unused = [parameter.name for parameter in circuit.parameters if parameter.name not in used]
    if unused:
        raise CircuitError(f"{path}: parameter {unused[0]!r} is used neither in netlist.sp nor in testbench.sp")
    unknown = used - {parameter.name for parameter in circuit.parameters} - {"supply", "load", "temperature"}
    if unknown:
        raise CircuitError(f"{path}: the netlist or testbench names {sorted(unknown)[0]!r}, which is no parameter")
    middle = {parameter.name: parameter.from_unit(0.5) for parameter in circuit.parameters}
    try:
        build_netlist(circuit, middle, circuit.conditions.nominal)
    except ModelError:
        return  # the models are missing or do not reach here: the simulation will say so
    except (ValueError, KeyError) as error:
        raise CircuitError(f"{path.parent / 'netlist.sp'} or testbench.sp: {error}") from None
