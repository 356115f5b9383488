"""Load circuits/NAME/ folders and say exactly what is wrong with one that is wrongly described."""

import contextlib
import functools
import json
import logging
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from sizing_app.circuit.check import check_circuit, measure_arguments
from sizing_app.circuit.deck_rules import RefusedNetlist, check_analysis
from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric, Origin, Parameter, Spec
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.toml_table import CircuitError, Table
from sizing_app.circuit.validation import Invalid, check_parameter, check_space, check_spec
from sizing_app.paths import data_folder, shipped

log = logging.getLogger(__name__)
FOLDERS = [*(Path(folder) for folder in os.environ.get("SIZING_CIRCUITS", "").split(os.pathsep) if folder),
           shipped("circuits")]
"""Where circuits are looked for: the folders of SIZING_CIRCUITS, a list as PATH is, then what comes with the program.
Where two have a circuit of the same name, the first one counts."""
TEXTS = ("circuit.toml", "netlist.sp", "testbench.sp", MODELS := "models.sp")
"""What a circuit is read from; the last one may be missing."""
TEST, VALIDATION = SPLITS = ("test", "validation")
"""Of benchmark queries: choices are made on validation queries; test queries are for reports."""
_homes: dict[str, Path] = {}
"""Key of a circuit that was read to its folder."""


def circuit_names() -> list[str]:
    """The folders within FOLDERS that hold a circuit.toml, sorted."""
    return sorted({path.parent.name for folder in FOLDERS for path in folder.glob("*/circuit.toml")})


def load_circuits() -> dict[str, Circuit]:
    """Every circuit by name; one that is wrongly described is named in the log and left out. CircuitError if none is
    left."""
    found = {}
    for name in circuit_names():
        try:
            found[name] = load_circuit(name)
        except CircuitError as error:
            log.warning("circuit %s is left out: %s", name, error)
    if not found:
        raise CircuitError(f"no circuit can be read in {', '.join(map(str, FOLDERS))}")
    return found


def load_circuit(name: str) -> Circuit:
    """The circuit called ``name``. Raises CircuitError."""
    folder = next((folder / name for folder in FOLDERS if (folder / name / "circuit.toml").is_file()), None)
    if folder is None or name not in circuit_names():
        raise CircuitError(f"there is no circuit {name!r}, only {', '.join(circuit_names())}")
    return read_folder(folder)


def home(circuit: Circuit) -> Path | None:
    """The folder that a circuit was read from, or a stored one would be; None where there is no such folder."""
    if circuit.key not in _homes and circuit.name in circuit_names():
        with contextlib.suppress(CircuitError):
            load_circuit(circuit.name)
    return _homes.get(circuit.key)


def drawing(circuit: Circuit) -> Path:
    """The schematic; where a stored circuit has no folder, that of the circuit of its name with the same netlist."""
    path = file_of(circuit, "schematic.svg")
    if not path.is_file() and circuit.name in circuit_names():
        with contextlib.suppress(CircuitError):
            known = load_circuit(circuit.name)
            return file_of(known if known.netlist == circuit.netlist else circuit, "schematic.svg")
    return path


def settle(circuit: Circuit, folder: Path) -> None:
    """Say where the files of a circuit are."""
    _homes[circuit.key] = folder


def file_of(circuit: Circuit, name: str) -> Path:
    """Where a file of a circuit is or would be: beside circuit.toml, or under its key among those of stored ones."""
    return (home(circuit) or data_folder() / "circuits" / circuit.key) / name


def load_training_circuit(name: str) -> Circuit:
    """The same for training, the only way there to a circuit. Raises CircuitError for a held-out one too."""
    circuit = load_circuit(name)
    if circuit.held_out:
        raise CircuitError(f"{name} is held out for evaluation, no training may use it")
    return circuit


@functools.cache
def read_folder(folder: Path) -> Circuit:
    """Read and validate one circuit folder. Raises CircuitError."""
    files = {name: _text(folder / name, name.partition(".")[2]) for name in TEXTS[:3]}
    if (folder / MODELS).is_file():
        files[MODELS] = _text(folder / MODELS)
    circuit = read_texts(files, folder)
    _homes.setdefault(circuit.key, folder)
    return circuit


def read_texts(files: Mapping[str, str], folder: Path, own: bool = False) -> Circuit:
    """The circuit of the texts of a folder, named as that is. One of a person's ``own`` is never held out.

    Raises CircuitError."""
    path = folder / "circuit.toml"
    try:
        table = Table(path, tomllib.loads(files["circuit.toml"]))
    except tomllib.TOMLDecodeError as error:
        raise CircuitError(f"{path}: expected a readable TOML file: {error}") from None
    table.only("title", "summary", "process", "topology", "held_out", "as_written", "devices", "conditions",
               "parameters", "analyses", "metrics", "specs", "origin")
    circuit = Circuit(
        name=folder.name, title=table.text("title"), summary=table.text("summary"),
        process=table.choice("process", (*PROCESSES, OWN)), topology=_words(table),
        parameters=tuple(_parameter(entry) for entry in table.tables("parameters")),
        metrics=tuple(_metric(entry) for entry in table.tables("metrics")),
        specs=tuple(_spec(entry, table) for entry in table.tables("specs")),
        conditions=_conditions(table), analyses=tuple(_analysis(entry) for entry in table.tables("analyses")),
        measures=tuple(_measure(entry) for entry in table.tables("metrics")),
        netlist=files["netlist.sp"], testbench=files["testbench.sp"], devices=_devices(table),
        held_out=table.flag("held_out") and not own, as_written=table.flag("as_written"),
        models=files.get(MODELS, ""), origin=_origin(table))
    check_circuit(circuit, path)
    return circuit


def golden_path(circuit: Circuit) -> Path:
    return file_of(circuit, "golden.json")


def has_golden(circuit: Circuit) -> bool:
    return golden_path(circuit).is_file()


def golden(circuit: Circuit) -> dict:
    """golden.json: {"parameters": {...}, "metrics": {...}}, a design that meets the default specs nominally.
    A metric that has no value there, and no spec, is None."""
    path = golden_path(circuit)
    try:
        table = Table(path, json.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError) as error:
        raise CircuitError(f"{path}: expected a readable JSON file: {error}") from None
    for key, items in (("parameters", circuit.parameters), ("metrics", circuit.metrics)):
        entries, names = table.section(key), [item.name for item in items]
        entries.only(*names)
        for name in names:
            if key == "parameters" or entries.values.get(name, "") is not None:
                entries.number(name)
    return table.mapping()


def suite_path(circuit: Circuit, suite: str, split: str = TEST) -> Path:
    return file_of(circuit, f"queries/{split}/{suite}.json")


def suite_names(circuit: Circuit, split: str = TEST) -> list[str]:
    """The suites that a circuit has, in alphabetical order."""
    return sorted(path.stem for path in file_of(circuit, f"queries/{split}").glob("*.json"))


def _words(table: Table) -> tuple[str, ...]:
    words = table.texts("topology")
    if not all(re.fullmatch("[a-z0-9-]+", word) for word in words):
        raise table.fail("topology", "words of small letters, digits and hyphens")
    return words


def _devices(root: Table) -> dict[str, str]:
    if "devices" not in root.values and root.values["process"] == OWN:
        return {}
    table = root.section("devices")
    for alias in table.values:
        table.choice(alias, () if root.values["process"] == OWN else PROCESSES[root.values["process"]].models)
    return table.mapping()


def _origin(root: Table) -> Origin | None:
    if "origin" not in root.values:
        return None
    table = root.section("origin")
    table.only("name", "digest")
    return Origin(table.text("name"), table.text("digest"))


def _parameter(table: Table) -> Parameter:
    table.only("name", "unit", "range", "scale", "step", "role")
    unit = table.unit()
    limits = table.numbers("range", unit)
    scale = table.choice("scale", ("log", "linear"), default="log")
    if len(limits) != 2:
        raise table.fail("range", "[low, high] with low < high")
    step = table.number("step", unit, optional=scale == "log")
    parameter = Parameter(table.text("name"), unit, *limits, table.text("role"), scale, step)
    _hold(table, check_parameter, parameter)
    return parameter


def _hold(table: Table, check: Callable, *values: object) -> None:
    """Hold what was read from a table to a rule of circuit/validation.py. Raises CircuitError."""
    try:
        check(*values, table.where.removesuffix("."))
    except Invalid as error:
        raise CircuitError(f"{table.path}: {error}") from None


def _metric(table: Table) -> Metric:
    table.only("name", "title", "unit", "definition", "measure", "with", "otherwise")
    return Metric(table.text("name"), table.text("title"), table.unit(), table.text("definition"))


def _measure(table: Table) -> Measure:
    known = measure_arguments()
    function = table.choice("measure", known)
    section = table.section("with")
    section.only(*known[function])
    arguments = {name: _number_or_expression(section, name) if kind == "float" else section.text(name)
                 for name, kind in known[function].items()}
    otherwise = table.number("otherwise", table.unit(), optional=True)
    return Measure(table.text("name"), function, arguments, otherwise)


def _number_or_expression(table: Table, key: str) -> float | str:
    """A number, or a text in braces that is evaluated for each design: ``{supply/2}``."""
    value = table.values.get(key)
    return value if isinstance(value, str) and re.fullmatch(r"\{.*\}", value) else table.number(key)


def _spec(table: Table, root: Table) -> Spec:
    table.only("metric", "low", "high", "scale")
    names = {entry.text("name"): entry.unit() for entry in root.tables("metrics")}
    unit = names[table.choice("metric", names)]
    low, high = table.number("low", unit, optional=True), table.number("high", unit, optional=True)
    if low is None and high is None:
        raise table.fail("low", "a lower bound, an upper bound (high) or both")
    scale = table.number("scale", unit, optional=True)
    if scale is None and unit == "dB":
        raise table.fail("scale", "a positive number: the bound is in dB, so its size is no measure")
    spec = Spec(table.values["metric"], low, high, scale)
    _hold(table, check_spec, spec)
    return spec


def _conditions(root: Table) -> ConditionSpace:
    table = root.section("conditions")
    table.only("corners", "temperatures", "supplies", "loads")
    space = ConditionSpace(table.texts("corners"), table.numbers("temperatures"), table.numbers("supplies", "V"),
                           table.numbers("loads", "F"))
    _hold(table, check_space, space, root.values["process"])
    return space


def _analysis(table: Table) -> Analysis:
    table.only("name", "run", "alter", "save", "needs")
    alter = table.section("alter").mapping() if "alter" in table.values else {}
    needs = table.section("needs") if "needs" in table.values else None
    analysis = Analysis(table.text("name"), table.text("run"), alter, table.texts("save"),
                        {metric: needs.number(metric) for metric in needs.values} if needs else {})
    try:
        check_analysis(analysis)
    except RefusedNetlist as error:
        raise CircuitError(f"{table.path}: {table.where}run, alter or save: {error}") from None
    return analysis


def _text(path: Path, kind: str = "") -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        what = "TOML" if kind == "toml" else "text"
        raise CircuitError(f"{path}: expected a readable {what} file: {error}") from None


def read_parts(table: Table) -> tuple[tuple[Analysis, ...], tuple[Metric, ...], tuple[Measure, ...]]:
    """Analyses, metrics and measures of a table that has them as circuit.toml does. Raises CircuitError."""
    entries = table.tables("metrics")
    return (tuple(_analysis(entry) for entry in table.tables("analyses")), tuple(_metric(entry) for entry in entries),
            tuple(_measure(entry) for entry in entries))
