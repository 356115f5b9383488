"""What only the parts of a circuit together can tell: names, vectors, braces."""

import ast
import functools
import re
from pathlib import Path

from sizing_app.circuit.deck_rules import RefusedNetlist, check_lines
from sizing_app.circuit.definition import Analysis, Circuit, Measure, names_analysis
from sizing_app.circuit.expressions import ExpressionError, names_in
from sizing_app.circuit.meas import MeasError
from sizing_app.circuit.metric_text import Reads, read_text
from sizing_app.circuit.netlist import build_netlist, used_names
from sizing_app.circuit.own_models import cards, kinds
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.sweeps import scale_of
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.circuit.validation import CONDITIONS, Invalid, check_parts


@functools.cache
def measure_arguments() -> dict[str, dict[str, str]]:
    """The functions of simulator/metrics/ and their arguments (name to str, float or Text), the vectors left out.

    Read from the source: circuits are described one layer below the simulator, which nothing here may import.
    """
    trees = [ast.parse(path.read_text()) for path in (Path(__file__).parents[1] / "simulator" / "metrics").glob("*.py")]
    return {node.name: {argument.arg: ast.unparse(argument.annotation) for argument in node.args.args[1:]}
            for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list}


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
    for key, value in measure.arguments.items():
        where = f"{path}: metrics {measure.metric} with.{key}"
        if kinds[key] == "Text":
            _check_text(measure, key, circuit, where)
        elif kinds[key] == "float":
            if isinstance(value, str) and re.fullmatch(r"\{.*\}", value):
                _check_known(_names(value[1:-1], where), circuit, where)
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


def _check_text(measure: Measure, key: str, circuit: Circuit, where: str) -> None:
    """A .meas line or an expression: its vectors are saved, its metrics are measured before it."""
    text = measure.arguments[key]
    if not isinstance(text, str):
        raise CircuitError(f"{where}: expected a text, found {str(text)[:60]!r}")
    try:
        reads = read_text(key, text)
    except (ExpressionError, MeasError) as error:
        raise CircuitError(f"{where}: {error}") from None
    _check_known(set(reads.braces), circuit, where)
    earlier = [item.metric for item in circuit.measures[:circuit.measures.index(measure)]]
    unknown = sorted(reads.metrics - {name.lower() for name in earlier})
    if unknown:
        raise CircuitError(f"{where}: expected a vector such as v(out), or a metric above this one "
                           f"({', '.join(earlier) or 'there is none'}), found {unknown[0]!r}")
    analysis = next((item for item in circuit.analyses if item.name == measure.arguments.get("analysis")), None)
    saved = {vector.lower() for vector in analysis.save} if analysis else set()
    missing = sorted(reads.vectors - saved)
    if missing:
        raise CircuitError(f"{where}: expected saved vectors, {', '.join(sorted(saved)) or 'there are none'}, "
                           f"found {missing[0]!r}")
    if analysis:
        _check_sweep(analysis, reads, where)


def _check_sweep(analysis: Analysis, reads: Reads, where: str) -> None:
    """A .meas line stands at an analysis of its kind; the swept quantity is saved where curves are looked at."""
    kind, swept = analysis.command.split()[0].lower(), scale_of(analysis.command)
    if reads.kind is not None and reads.kind != kind:
        raise CircuitError(f"{where}: expected a line for {kind}, as analysis {analysis.name!r} is, found {reads.kind}")
    if reads.vectors and swept is not None and swept not in analysis.save:
        raise CircuitError(f"{where}: expected {swept!r} among the saved vectors of analysis {analysis.name!r}")


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


def _names(expression: str, where: str) -> set[str]:
    try:
        return names_in(expression)
    except ExpressionError as error:
        raise CircuitError(f"{where}: expected arithmetic, found {error}") from None


def _check_known(names: set[str], circuit: Circuit, where: str) -> None:
    """What braces name is a parameter or a condition."""
    unknown = sorted(names - {parameter.name for parameter in circuit.parameters} - set(CONDITIONS))
    if unknown:
        raise CircuitError(f"{where}: expected a parameter or {', '.join(CONDITIONS)}, found {unknown[0]!r}")


def _check_models(circuit: Circuit, path: Path) -> None:
    """The circuit's own cards are harmless, and there for every corner where nothing else is."""
    try:
        for corner in circuit.conditions.corners:
            cards(circuit.models, corner, circuit.process)
    except (RefusedNetlist, ModelError) as error:
        raise CircuitError(f"{path.with_name('models.sp')}: {error}") from None
    twice = sorted({alias.lower() for alias in circuit.devices} & set(kinds(circuit.models)))
    if twice:
        raise CircuitError(f"{path}: devices.{twice[0]}: expected a name that models.sp does not have")


def _check_netlist(circuit: Circuit, path: Path) -> None:
    _check_models(circuit, path)
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
