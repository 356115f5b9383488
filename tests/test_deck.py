"""What is exported runs in plain ngspice and gives the same metrics, to 0.1%."""

import re
import shutil
import threading
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sizing_app.circuit.deck import deck, vector_name
from sizing_app.circuit.deck_measures import prints
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import circuit_names, load_circuit
from sizing_app.evaluate.package import package
from sizing_app.hub import Hub
from sizing_app.own.assembly import assemble
from sizing_app.own.draft import Draft
from sizing_app.own.examples import EXAMPLES
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.testbench import read_metrics
from sizing_app.store import SessionStore, record
from sizing_app.task.definition import Task
from sizing_app.ui.exchange.export import NoSuchFile, routes, session_file
from sizing_app.ui.services import Services
from sizing_app.ui.visitors import Busy, Shares
from tests.builders import END, ScriptedPolicy, golden_design
from tests.plain_ngspice import read_raw, run_package

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="the ngspice command is not installed")
FEW = ("OTA", "MILLER", "SimLDO")
DELICATE = {("ADC4", "gain_error"): 5e-3, ("ADC4", "settling"): 5e-3}
"""Errors below 0.1% of a residue: they follow the last digits of the time steps."""


@pytest.fixture(scope="module")
def simulator():
    with SimulatorPool(1) as pool:
        yield pool


def check(circuit: Circuit, design: Parameters, simulator, folder) -> None:
    found = package(circuit, design, circuit.conditions.nominal, simulator)
    printed = run_package(found.files, folder)
    log = (folder / "ngspice.log").read_text()
    assert set(printed) == {measure.metric for measure in circuit.measures if prints(measure)}, log
    vectors = {}
    for analysis in circuit.analyses:
        raw = read_raw(folder / f"{analysis.name}.raw")
        vectors[analysis.name] = {**raw, **{name: raw[vector_name(name)] for name in analysis.save}}
    metrics, _ = read_metrics(circuit, vectors, design, circuit.conditions.nominal)
    for metric, expected in found.measured.metrics.items():
        close = pytest.approx(expected, rel=DELICATE.get((circuit.name, metric), 1e-3), abs=1e-12)
        assert metrics[metric] == close, metric
        assert metric not in printed or printed[metric] == close, metric


@needs_ngspice
@pytest.mark.parametrize("name", FEW)
def test_a_package_runs_in_plain_ngspice(name, simulator, tmp_path):
    circuit = load_circuit(name)
    check(circuit, golden_design(circuit), simulator, tmp_path)


@needs_ngspice
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in circuit_names() if name not in FEW])
def test_every_package_runs_in_plain_ngspice(name, simulator, tmp_path):
    circuit = load_circuit(name)
    check(circuit, golden_design(circuit), simulator, tmp_path)


@needs_ngspice
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_package_of_an_own_circuit_runs_in_plain_ngspice(example, simulator, tmp_path):
    made = assemble(example.draft())
    check(made.circuit, made.original, simulator, tmp_path)


@needs_ngspice
def test_a_circuit_as_written_is_packed_as_it_was_simulated(simulator, tmp_path):
    """Areas of its own, none of ours, and no fingers."""
    draft = EXAMPLES[0].draft()
    text = draft.files["opamp.spice"].replace("L=1 W=5 nf=1 m=1", "L=1 W=5 nf=1 m=1 ad=3p pd=8u nrd=0.4")
    made = assemble(replace(draft, files={"opamp.spice": text}, as_written=True))
    check(made.circuit, made.original, simulator, tmp_path)
    packed = (tmp_path / "circuit.sp").read_text()
    transistors = [line for line in made.circuit.netlist.splitlines() if line[0] == "M"]
    assert all(line.replace(" nmos ", " sky130_fd_pr__nfet_01v8__model ")
               .replace(" pmos ", " sky130_fd_pr__pfet_01v8__model ") in packed for line in transistors)


MIXED = """mixed
.model mine nmos level=1 vto=0.45 kp=280u
.subckt amp vdd out in
Xp out in vdd vdd sky130_fd_pr__pfet_01v8 W=2 L=0.5
Mn out in 0 0 mine
Mw out in 0 0 mine w=2u l=1u m=2
.ends
Vdd vdd 0 1.8
Vin in 0 0.8
x1 vdd out in amp
.tran 1n 20n
.meas tran level find v(out) at=15n
"""


CARD = ".model nch nmos level=1 vto=0.45 kp=280u lambda=0.1\n"
END_OF_STAGE = ".ac dec 10 1k 1g\n.meas ac level find vm(out) at=1g\n.end\n"
STAGE = ("a stage\nVdd vdd 0 1.8\nVin in 0 dc 0.6 ac 1\n.subckt AMP in out vdd\nM1 out in 0 0 nch w=10u l=1u\n"
         "R1 vdd out 4k\n.ends\nX1 in out vdd AMP\nCl out 0 1p\n")
CONNECTED = {
    "F": "Vs s 0 0\nM1 out in s 0 nch w=10u l=1u\nR1 vdd out 4k\nF1 mir 0 Vs 2\nR2 vdd mir 1k\nCl mir 0 1p\n",
    "H": "Vs s 0 0\nM1 out in s 0 nch w=10u l=1u\nR1 vdd out 4k\nH1 mir 0 Vs 2k\nR2 mir 0 1k\n",
    "B": "Vs s 0 0\nM1 out in s 0 nch w=10u l=1u\nR1 vdd out 4k\nB1 mir 0 v=1k*i(Vs)\nR2 mir 0 1k\n",
    "J": "I1 out 0 100u\nJ1 vdd in out jn area=2\n.model jn njf vto=-2 beta=1m\nR1 vdd 0 1k\n",
    "Q": "Q1 mir in 0 sub qn 2\n.model qn npn bf=100 cjs=1p\nVsub sub 0 0 ac 1\nR1 vdd mir 1k\nR2 mir out 1k\n",
    "G": "G1 out 0 in 0 1m\nR1 vdd out 4k\n"}


@needs_ngspice
@pytest.mark.parametrize("name", ["amp", "Amp", "bench"])
def test_a_circuit_called_like_its_subcircuit_is_packed_under_another_name(name, simulator, tmp_path):
    made = assemble(Draft({f"{name}.sp": STAGE + CARD + END_OF_STAGE}))
    assert made.circuit.name == name
    check(made.circuit, made.original, simulator, tmp_path)
    log = (tmp_path / "ngspice.log").read_text().lower()
    names = [line.split()[1].lower() for line in (tmp_path / "circuit.sp").read_text().splitlines()
             if line.startswith(".subckt")]
    assert "redefinition" not in log and len(set(names)) == len(names) == 2
    assert f".subckt {name}{'' if name == 'bench' else '_'}\n" in (tmp_path / "README.txt").read_text()


@needs_ngspice
@pytest.mark.parametrize("element", CONNECTED)
def test_every_connection_of_an_element_is_packed(element, simulator, tmp_path):
    text = f"a stage\nVdd vdd 0 1.8\nVin in 0 dc 0.6 ac 1\n{CONNECTED[element]}{CARD}{END_OF_STAGE}"
    if "mir" in text:
        text = text.replace(".end\n", ".meas ac mirrored find vm(mir) at=100meg\n.end\n")
    made = assemble(Draft({"stage.sp": text}))
    netlist = re.sub(r"(?m)^(G1 .*)$", r"\1 m=2", made.circuit.netlist)
    check(replace(made.circuit, netlist=netlist), made.original, simulator, tmp_path)
    assert "unknown" not in (tmp_path / "ngspice.log").read_text().lower()


@needs_ngspice
def test_a_transistor_of_an_own_card_stays_as_it_is_beside_those_of_a_process(simulator, tmp_path):
    made = assemble(Draft({"mixed.sp": MIXED}, name="MIXED"))
    check(made.circuit, made.original, simulator, tmp_path)
    models = (tmp_path / "models.sp").read_text()
    assert ".model mine nmos" in models and "the circuit's own cards come last" in models.lower()


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


def test_a_stored_design_is_packed(simulator, tmp_path):
    """By the page's route; one that cannot be simulated is refused with a sentence."""
    circuit = load_circuit("OTA")
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, golden_design(circuit))
    store = SessionStore(f"sqlite:///{tmp_path / 's.db'}")
    services = Services({"OTA": circuit}, store, Hub(), simulator, None, {}, "OTA")
    id = store.create(task, "golden")
    list(record(store, id, run_session(task, ScriptedPolicy([END]), simulator, threading.Event())))
    file = session_file(services, id, "zip")
    assert (file.name, file.media_type) == (f"OTA-{id}-turn0.zip", "application/zip")
    with zipfile.ZipFile(BytesIO(file.text)) as content:
        assert "OTA/testbench.sp" in content.namelist()
    full = replace(services, shares=Shares(checks=0))
    for kind in ("zip", "datasheet"):
        with pytest.raises(Busy, match="at most 0 may at once"):
            session_file(full, id, kind)
    assert TestClient(Starlette(routes=routes(full))).get(f"/export/{id}/zip").status_code == 429
    client = TestClient(Starlette(routes=routes(services)), client=("192.0.2.7", 1))
    assert client.get(f"/export/{id}/datasheet-md").status_code == 200
    assert [room.owner for room in services.shares._started.values()] == ["192.0.2.7"]
    with pytest.raises(NoSuchFile, match="cannot be packed: the design cannot be simulated: crashed: the simulator"):
        closed = SimulatorPool(1)
        closed.close()
        session_file(replace(services, simulator=closed), id, "zip")
    store.close()
