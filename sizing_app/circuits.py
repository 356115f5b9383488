"""Load circuits/NAME/ folders and say exactly what is wrong with one that is wrongly described."""

import ast
import functools
import json
import logging
import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sizing_app.domain import Analysis, Circuit, ConditionSpace, Measure, Metric, Parameter, Spec, names_analysis
from sizing_app.expressions import ExpressionError, names_in
from sizing_app.deck_rules import RefusedNetlist, check_analysis, check_lines
from sizing_app.netlist import build_netlist, used_names
from sizing_app.pdk import PROCESSES, ModelError
from sizing_app.toml_table import CircuitError, Table
from sizing_app.validation import CONDITIONS, Invalid, check_parameter, check_parts, check_space, check_spec

log = logging.getLogger(__name__)
FOLDER = Path(os.environ.get("SIZING_CIRCUITS", Path(__file__).parent.parent / "circuits"))


def circuit_names() -> list[str]:
    """The folders of circuits/ that hold a circuit.toml, sorted."""
    return sorted(path.parent.name for path in FOLDER.glob("*/circuit.toml"))


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
        raise CircuitError(f"no circuit can be read in {FOLDER}")
    return found


def load_circuit(name: str) -> Circuit:
    """The circuit of circuits/``name``. Raises CircuitError."""
    if name not in circuit_names():
        raise CircuitError(f"there is no circuit {name!r}, only {', '.join(circuit_names())}")
    return read_folder(FOLDER / name)


def shipped(circuit: Circuit) -> Circuit:
    """The circuit with the folder that holds its pool, where circuits/ has the very same one: a stored circuit has
    no folder."""
    if circuit.folder or circuit.name not in circuit_names():
        return circuit
    known = load_circuit(circuit.name)
    return known if replace(known, folder="") == circuit else circuit


def load_training_circuit(name: str) -> Circuit:
    """The same for training, the only way there to a circuit. Raises CircuitError for a held-out one too."""
    circuit = load_circuit(name)
    if circuit.held_out:
        raise CircuitError(f"{name} is held out for evaluation, no training may use it")
    return circuit


@functools.cache
def read_folder(folder: Path) -> Circuit:
    """Read and validate one circuit folder. Raises CircuitError."""
    path = folder / "circuit.toml"
    try:
        table = Table(path, tomllib.loads(path.read_text("utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CircuitError(f"{path}: expected a readable TOML file: {error}") from None
    table.only("title", "summary", "process", "topology", "held_out", "devices", "conditions", "parameters", "analyses",
               "metrics", "specs")
    circuit = Circuit(
        name=folder.name, title=table.text("title"), summary=table.text("summary"),
        process=table.choice("process", PROCESSES), topology=_words(table),
        parameters=tuple(_parameter(entry) for entry in table.tables("parameters")),
        metrics=tuple(_metric(entry) for entry in table.tables("metrics")),
        specs=tuple(_spec(entry, table) for entry in table.tables("specs")),
        conditions=_conditions(table), analyses=tuple(_analysis(entry) for entry in table.tables("analyses")),
        measures=tuple(_measure(entry) for entry in table.tables("metrics")),
        netlist=_text(folder / "netlist.sp"), testbench=_text(folder / "testbench.sp"),
        devices=_devices(table), folder=str(folder), held_out=table.flag("held_out"))
    check_circuit(circuit, path)
    return circuit


def golden_path(circuit: Circuit) -> Path:
    return Path(circuit.folder) / "golden.json"


def has_golden(circuit: Circuit) -> bool:
    return golden_path(circuit).is_file()


def golden(circuit: Circuit) -> dict:
    """golden.json: {"parameters": {...}, "metrics": {...}}, a design that meets the default specs nominally."""
    path = golden_path(circuit)
    try:
        table = Table(path, json.loads(path.read_text("utf-8-sig")))
    except (OSError, ValueError) as error:
        raise CircuitError(f"{path}: expected a readable JSON file: {error}") from None
    for key, items in (("parameters", circuit.parameters), ("metrics", circuit.metrics)):
        entries, names = table.section(key), [item.name for item in items]
        entries.only(*names)
        for name in names:
            entries.number(name)
    return table.mapping()


def _words(table: Table) -> tuple[str, ...]:
    words = table.texts("topology")
    if not all(re.fullmatch("[a-z0-9-]+", word) for word in words):
        raise table.fail("topology", "words of small letters, digits and hyphens")
    return words


def _devices(root: Table) -> dict[str, str]:
    table = root.section("devices")
    for alias in table.values:
        table.choice(alias, PROCESSES[root.values["process"]].models)
    return table.mapping()


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
    """Hold what was read from a table to a rule of validation.py. Raises CircuitError."""
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
    arguments = {name: section.text(name) if kind == "str" else _number_or_expression(section, name)
                 for name, kind in known[function].items()}
    otherwise = table.number("otherwise", table.unit(), optional=True)
    return Measure(table.text("name"), function, arguments, otherwise)


@functools.cache
def measure_arguments() -> dict[str, dict[str, str]]:
    """The functions of simulator/metrics/ and their arguments (name to str or float), the vectors left out.

    Read from the source: circuits are described one layer below the simulator, which nothing here may import.
    """
    trees = [ast.parse(path.read_text()) for path in (Path(__file__).parent / "simulator" / "metrics").glob("*.py")]
    return {node.name: {argument.arg: ast.unparse(argument.annotation) for argument in node.args.args[1:]}
            for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list}


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


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CircuitError(f"{path}: expected a readable text file: {error}") from None


def check_circuit(circuit: Circuit, path: Path) -> None:
    """Every part, and what only the parts together can tell: names, vectors, braces. CircuitError names files beside
    ``path``."""
    try:
        check_parts(circuit)
    except Invalid as error:
        raise CircuitError(f"{path}: {error}") from None
    for key, names in (("parameters and metrics", [item.name for item in (*circuit.parameters, *circuit.metrics)]),
                       ("analyses", [item.name for item in circuit.analyses]),
                       ("measures", [item.metric for item in circuit.measures])):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise CircuitError(f"{path}: {key}: expected each name once, found {twice[0]!r} twice")
    for measure in circuit.measures:
        _check_measure(measure, circuit, path)
    _check_needs(circuit, path)
    _check_otherwise(circuit, path)
    _check_netlist(circuit, path)


def _check_measure(measure: Measure, circuit: Circuit, path: Path) -> None:
    """It is known, its analyses exist, and each vector is saved by the analysis it is read from."""
    kinds = measure_arguments().get(measure.function)
    if kinds is None or set(measure.arguments) != set(kinds):
        raise CircuitError(f"{path}: metrics {measure.metric}: {measure.function[:60]!r} is no measure with these "
                           "arguments")
    saved = {analysis.name: analysis.save for analysis in circuit.analyses}
    known = {parameter.name for parameter in circuit.parameters} | set(CONDITIONS)
    for key, value in measure.arguments.items():
        where = f"{path}: metrics {measure.metric} with.{key}"
        if kinds[key] == "float":
            if isinstance(value, str) and re.fullmatch(r"\{.*\}", value):
                _check_names(value[1:-1], known, where)
            elif isinstance(value, bool) or not isinstance(value, int | float):
                raise CircuitError(f"{where}: expected a number, or arithmetic in braces, found {str(value)[:60]!r}")
        elif not isinstance(value, str):
            raise CircuitError(f"{where}: expected a text, found {str(value)[:60]!r}")
        elif names_analysis(key):
            if value not in saved:
                raise CircuitError(f"{where}: expected one of {', '.join(saved)}, found {value!r}")
        else:
            source = f"{key.split('_')[0]}_analysis"
            vectors = saved.get(measure.arguments.get(source, measure.arguments.get("analysis")), ())
            if value not in vectors:
                raise CircuitError(f"{where}: expected a saved vector, {', '.join(vectors)}, found {value!r}")


def _check_needs(circuit: Circuit, path: Path) -> None:
    """What an analysis needs is known before it runs."""
    measures = {measure.metric: measure for measure in circuit.measures}
    earlier: list[str] = []
    for analysis in circuit.analyses:
        for metric in analysis.needs:
            where = f"{path}: analyses {analysis.name} needs.{metric}"
            if metric not in measures:
                raise CircuitError(f"{where}: expected a metric, one of {', '.join(measures)}, found {metric!r}")
            late = [name for name in measures[metric].analyses if name not in earlier]
            if late:
                raise CircuitError(f"{where}: expected a metric read from earlier analyses alone "
                                   f"({', '.join(earlier) or 'there are none'}), found one read from {late[0]!r}")
        earlier.append(analysis.name)


def _check_otherwise(circuit: Circuit, path: Path) -> None:
    """A metric has a value for the case that its analysis is not run, and only where that may be."""
    conditional = {analysis.name for analysis in circuit.analyses if analysis.needs}
    for measure in circuit.measures:
        where, missed = f"{path}: metrics {measure.metric} otherwise", conditional.intersection(measure.analyses)
        if missed and measure.otherwise is None:
            raise CircuitError(f"{where}: expected a number, the worst case, as analysis {min(missed)!r} has needs, "
                               "it is missing")
        if measure.otherwise is not None and not missed:
            raise CircuitError(f"{where}: expected no such key, for its analyses have no needs, "
                               f"found {measure.otherwise:g}")


def _check_names(expression: str, known: set[str], where: str) -> None:
    try:
        unknown = sorted(names_in(expression) - known)
    except ExpressionError as error:
        raise CircuitError(f"{where}: expected arithmetic, found {error}") from None
    if unknown:
        raise CircuitError(f"{where}: expected a parameter or {', '.join(CONDITIONS)}, found {unknown[0]!r}")


def _check_netlist(circuit: Circuit, path: Path) -> None:
    used, known = set(), {parameter.name for parameter in circuit.parameters} | set(CONDITIONS)
    for name, text in (("netlist.sp", circuit.netlist), ("testbench.sp", circuit.testbench)):
        file = path.with_name(name)
        try:
            check_lines(text)
            names = used_names(text)
        except (RefusedNetlist, ExpressionError) as error:
            raise CircuitError(f"{file}: {error}") from None
        if names - known:
            raise CircuitError(f"{file}: braces: expected a parameter of circuit.toml or {', '.join(CONDITIONS)}, "
                               f"found {sorted(names - known)[0]!r}")
        used |= names
    unused = [parameter.name for parameter in circuit.parameters if parameter.name not in used]
    if unused:
        raise CircuitError(f"{path}: parameters: expected each in netlist.sp or testbench.sp, found no {unused[0]!r}")
    middle = {parameter.name: parameter.nearest(parameter.from_unit(0.5)) for parameter in circuit.parameters}
    try:
        build_netlist(circuit, middle, circuit.conditions.nominal)
    except ModelError:
        return  # the models are missing or do not reach here: the simulation will say so
    except (ValueError, KeyError) as error:
        raise CircuitError(f"{path.parent / 'netlist.sp'} or testbench.sp: {error}") from None
