"""What is exported runs in plain ngspice and gives the same metrics, to 0.1%."""

import shutil
import zipfile
from io import BytesIO

import pytest

from sizing_app.circuit.deck import deck, vector_name
from sizing_app.circuit.deck_measures import prints
from sizing_app.circuit.folder import circuit_names, load_circuit
from sizing_app.evaluate.package import package
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.testbench import read_metrics
from tests.builders import golden_design
from tests.plain_ngspice import read_raw, run_package

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="the ngspice command is not installed")
FEW = ("OTA", "MILLER", "SimLDO")
DELICATE = {("ADC4", "gain_error"): 5e-3, ("ADC4", "settling"): 5e-3}
"""Errors below 0.1% of a residue: they follow the last digits of the time steps."""


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
    vectors = {}
    for analysis in circuit.analyses:
        raw = read_raw(folder / f"{analysis.name}.raw")
        vectors[analysis.name] = {**raw, **{name: raw[vector_name(name)] for name in analysis.save}}
    metrics, _ = read_metrics(circuit, vectors, golden_design(circuit), circuit.conditions.nominal)
    for metric, expected in found.measured.metrics.items():
        close = pytest.approx(expected, rel=DELICATE.get((name, metric), 1e-3), abs=1e-12)
        assert metrics[metric] == close, metric
        assert metric not in printed or printed[metric] == close, metric


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
