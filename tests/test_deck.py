"""What is exported runs in plain ngspice and gives the same metrics, to 0.1%."""

import shutil
import zipfile
from io import BytesIO

import pytest

from sizing_app.circuit.deck import deck
from sizing_app.circuit.deck_measures import prints
from sizing_app.circuit.folder import circuit_names, load_circuit
from sizing_app.evaluate.package import package
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.testbench import read_metrics
from tests.builders import golden_design
from tests.plain_ngspice import read_raw, run_package

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="the ngspice command is not installed")
FEW = ("OTA", "MILLER", "SimLDO")
DELICATE = {"ADC4": 0.02}
"""Metrics of a transient whose time steps differ between two processes."""


@pytest.fixture(scope="module")
def simulator():
    with SimulatorPool(1) as pool:
        yield pool


def check(name: str, simulator, folder) -> None:
    circuit = load_circuit(name)
    found = package(circuit, golden_design(circuit), circuit.conditions.nominal, simulator)
    printed = run_package(found.files, folder)
    log = (folder / "ngspice.log").read_text()
    assert set(printed) == {measure.metric for measure in circuit.measures if prints(measure)}, log
    vectors = {analysis.name: _named(analysis, read_raw(folder / f"{analysis.name}.raw"))
               for analysis in circuit.analyses}
    metrics, _ = read_metrics(circuit, vectors, golden_design(circuit), circuit.conditions.nominal)
    for metric, expected in found.measured.metrics.items():
        close = pytest.approx(expected, rel=DELICATE.get(name, 1e-3), abs=1e-12)
        assert metrics[metric] == close, metric
        assert metric not in printed or printed[metric] == close, metric


def _named(analysis, found):
    """Vectors by the names that the analysis saves them under."""
    def value(name: str):
        own = name.lower()
        return next(values for key, values in found.items()
                    if key in (own, f"v({own})", f"i({own})") or key.replace(".xdut.", ".") == own
                    or (own.startswith("@") and key.startswith(own.partition("[")[0][:2]) and
                        key.endswith(own[2:]) and ".xdut." in key))
    names = (*analysis.save, *(("frequency",) if analysis.command.startswith("ac") else ()))
    return {name: value(name) for name in names if name != "frequency" or name in found}


@needs_ngspice
@pytest.mark.parametrize("name", FEW)
def test_a_package_runs_in_plain_ngspice(name, simulator, tmp_path):
    check(name, simulator, tmp_path)


@needs_ngspice
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in circuit_names() if name not in FEW])
def test_every_package_runs_in_plain_ngspice(name, simulator, tmp_path):
    check(name, simulator, tmp_path)


def test_a_zip_holds_one_folder_and_is_the_same_again(simulator):
    circuit = load_circuit("OTA")
    found = package(circuit, golden_design(circuit), circuit.conditions.nominal, simulator)
    content = found.zipped("OTA")
    assert content == found.zipped("OTA")
    with zipfile.ZipFile(BytesIO(content)) as file:
        assert set(file.namelist()) == {f"OTA/{name}" for name in (
            "models.sp", "circuit.sp", "testbench.sp", "expected.csv", "run.sh", "README.txt")}
        assert "Apache-2.0" in file.read("OTA/models.sp").decode()


@pytest.mark.parametrize("name", circuit_names())
def test_sizes_are_parameters_of_a_subcircuit(name):
    circuit = load_circuit(name)
    files = deck(circuit, golden_design(circuit), circuit.conditions.nominal, {})
    assert all(f".param {parameter.name}=" in files["circuit.sp"] for parameter in circuit.parameters)
    assert f".subckt {circuit.name} " in files["circuit.sp"] and "alter shell" not in files["testbench.sp"]
