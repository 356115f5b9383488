"""A design as a ZIP that runs in plain ngspice: its deck (circuit/deck.py), a script, and the values to expect."""

import csv
import io
import zipfile
from dataclasses import dataclass

from sizing_app.circuit.deck import deck, library_names, wrapper_name
from sizing_app.circuit.deck_measures import MARK, prints
from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.errors import SimulatorError
from sizing_app.session.documents import csv_text
from sizing_app.simulator.inspection import Inspector
from sizing_app.task.turn import Measurement

SCRIPT = """#!/bin/sh
# Runs the testbench in ngspice (39 was used) and prints each metric that it computes beside the value to expect.
cd "$(dirname "$0")" && ngspice -b testbench.sp > ngspice.log 2>&1
grep '^{mark} ' ngspice.log | while read -r _ name _ value; do
  printf '%-12s %-14s expected %s\\n' "$name" "$value" "$(grep "^$name," expected.csv | cut -d, -f2)"
done
"""
README = """{title}
{conditions}

sh run.sh          runs testbench.sp in ngspice, prints metrics beside expected values; all output is in ngspice.log
circuit.sp         .param of every size and condition, and the circuit as .subckt {name}
testbench.sp       sources, load, options, analyses, measures; writes the vectors of each analysis to NAME.raw (ASCII)
models.sp          the model cards that these sizes need
expected.csv       every metric: value in SI units, whether the deck prints it, its definition, where it is read from

{models}
"""
INSTALLED_MODELS = """Models: {title}.
{rights}
To use the foundry's files instead, replace ".include models.sp" in testbench.sp by an .include or .lib of
{files} of the package {package}."""
OWN_MODELS = "Models: the circuit's own, all of them in models.sp."


@dataclass(frozen=True)
class Package:
    """Files by name, and the measurement that they are expected to repeat."""

    files: dict[str, str]
    measured: Measurement

    def zipped(self, folder: str) -> bytes:
        """All files in one folder."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in self.files.items():
                entry = zipfile.ZipInfo(f"{folder}/{name}")  # the same bytes whenever it is made
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if name == "run.sh" else 0o644) << 16
                file.writestr(entry, text)
        return content.getvalue()


def package(circuit: Circuit, parameters: Parameters, conditions: Conditions, simulator: Inspector) -> Package:
    """Simulates the design. Raises SimulatorError where that fails."""
    measured = simulator.evaluate(circuit, parameters, conditions)
    if not measured.ok:
        raise SimulatorError(f"the design cannot be simulated: {measured.status}: {measured.log}")
    point = simulator.operating_point(circuit, parameters, conditions)
    files = deck(circuit, parameters, conditions, point.voltages)
    files["expected.csv"] = _expected(circuit, measured)
    files["run.sh"] = SCRIPT.format(mark=MARK)
    files["README.txt"] = README.format(
        title=f"{circuit.title} ({circuit.name})", conditions=conditions.show(), name=wrapper_name(circuit),
        models=_about_models(circuit, conditions))
    return Package(files, measured)


def _about_models(circuit: Circuit, conditions: Conditions) -> str:
    """Where the models are from, what may be done with them, and how to use others."""
    process = PROCESSES.get(circuit.process)
    if process is None:
        return OWN_MODELS
    return INSTALLED_MODELS.format(title=process.title, rights=process.rights, package=process.package,
                                   files=library_names(circuit, conditions))


def _expected(circuit: Circuit, measured: Measurement) -> str:
    """One row a metric."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["metric", "value", "unit", "printed", "definition", "read from"])
    for measure in circuit.measures:
        metric, value = circuit.metric(measure.metric), measured.metrics.get(measure.metric)
        vectors = [f"{key}={argument}" for key, argument in measure.arguments.items()]
        writer.writerow([metric.name, "" if value is None else f"{value:.9g}", metric.unit,
                         "yes" if prints(measure) else "no", csv_text(metric.definition),
                         f"{measure.function}: {', '.join(vectors)}"])
    return rows.getvalue()
