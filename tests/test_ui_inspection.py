"""Transistors and responses of the best design: figures, tables, and nothing simulated before it is asked for."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.definition import Analysis
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.hub import Hub
from sizing_app.session.events import SessionFinished, SessionStarted, TurnFinished, fold
from sizing_app.simulator.inspection import Device, OperatingPoint, Waveforms
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Proposal, Turn
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.parts.devices import device_table, value_table
from sizing_app.ui.session.inspection_view import InspectionView
from sizing_app.ui.session.responses import POINTS, figures, left_out, single_values, thinned, unit_of
from tests.builders import QuadraticSimulator

MILLER = load_circuit("MILLER")
GAIN, POLE = 1e4, 1e3


def one_pole(spike: bool = False) -> dict:
    """Vectors of MILLER's analyses if it had one pole; with a ``spike`` of one sample in a long transient."""
    frequency = np.logspace(1, 9, 81)
    time = np.linspace(0, 1e-6, 50_001)
    wave = np.where(time > 5e-7, 1.2, 0.8)
    wave[12_345] = 9.0 if spike else wave[12_345]
    return {
        "op": {"v(out)": np.array([1.0]), "i(vdd)": np.array([-1.5e-4])},
        "loop": {"frequency": frequency + 0j, "v(out)": -GAIN / (1 + 1j * frequency / POLE),
                 "v(inn)": np.ones(81) + 0j},
        "supply": {"frequency": np.array([10 + 0j]), "v(out)": np.array([1e-4j])},
        "step": {"time": time, "v(out)": wave},
    }


def drawn(vectors: dict, circuit=MILLER, **metrics) -> dict[str, dict]:
    """Figures by analysis, after a way through JSON, which NaN would not survive."""
    return {figure["key"]: figure for figure in json.loads(json.dumps(figures(circuit, vectors, metrics),
                                                                      allow_nan=False))}


def test_a_loop_gain_is_drawn_as_magnitude_and_phase_with_its_crossing():
    figure = drawn(one_pole(), gbw=1e7, gain=80.0)["loop"]
    magnitude, phase = figure["data"]
    assert (magnitude["name"], magnitude["yaxis"], phase["yaxis"]) == ("loop gain", "y", "y2")
    assert magnitude["y"][0] == pytest.approx(80.0, abs=0.01) and phase["y"][0] == pytest.approx(-0.57, abs=0.01)
    assert phase["y"][-1] == pytest.approx(-90, abs=0.1)
    layout = figure["layout"]
    assert layout["xaxis"]["type"] == "log" and layout["xaxis"]["title"]["text"] == "Frequency (Hz)"
    assert layout["yaxis2"]["title"]["text"] == "Phase (deg)"
    assert [shape["x0"] for shape in layout["shapes"]] == [1e7]
    assert layout["annotations"][0]["x"] == pytest.approx(7.0) and "gbw 10 MHz" in layout["annotations"][0]["text"]
    assert "DC gain 80 dB" in figure["note"]


def test_a_loop_without_a_metric_in_hertz_is_marked_at_unity_gain():
    circuit = replace(MILLER, measures=tuple(item for item in MILLER.measures if item.metric != "gbw"))
    (shape,) = drawn(one_pole(), circuit)["loop"]["layout"]["shapes"]
    assert shape["x0"] == pytest.approx(GAIN * POLE, rel=1e-3)


def test_voltages_and_currents_of_a_waveform_have_panels_of_their_own():
    vectors = one_pole()
    vectors["step"] |= {"i(vdd)": vectors["step"]["time"] * 5, "@m1[gm]": np.full(50_001, np.nan)}
    figure = drawn(vectors)["step"]
    axes = {curve["name"]: curve["yaxis"] for curve in figure["data"]}
    titles = [figure["layout"][axis]["title"]["text"] for axis in ("yaxis", "yaxis2", "yaxis3")]
    assert axes == {"v(out)": "y", "i(vdd)": "y2", "@m1[gm]": "y3"}
    assert titles == ["Voltage (V)", "Current (A)", "Conductance (S)"]
    assert set(figure["data"][2]["y"]) == {None}
    domains = [figure["layout"][axis]["domain"] for axis in ("yaxis3", "yaxis2", "yaxis")]
    edges = [edge for domain in domains for edge in domain]
    assert edges == sorted(edges) and edges[0] == pytest.approx(0) and edges[-1] == pytest.approx(1)


def test_long_waveforms_keep_their_peaks():
    x, y = thinned(one_pole(spike=True)["step"]["time"], one_pole(spike=True)["step"]["v(out)"])
    assert len(x) <= POINTS + 2 and y.max() == 9.0 and (np.diff(x) > 0).all()
    assert (x[0], x[-1]) == (0.0, 1e-6)


def test_sweeps_and_noise_have_their_axes():
    circuit = replace(MILLER, measures=(), analyses=(
        Analysis("line", "dc vdd 1.6 2 0.1", save=("v(out)",)), Analysis("hiss", "noise v(out) vinp dec 1 1 100")))
    vectors = {"line": {"v-sweep": np.linspace(1.6, 2, 5), "v(out)": np.ones(5)},
               "hiss": {"frequency": np.array([1.0, 10, 100]), "onoise_spectrum": np.array([1e-6, 1e-7, 1e-7])}}
    found = drawn(vectors, circuit)
    assert found["line"]["layout"]["xaxis"]["title"]["text"] == "Swept voltage (V)"
    assert found["line"]["data"][0]["x"] == pytest.approx([1.6, 1.7, 1.8, 1.9, 2.0])
    assert found["hiss"]["layout"]["yaxis"]["type"] == "log"


def test_analyses_of_one_point_are_listed_and_those_left_out_named():
    rows = single_values(MILLER, one_pole())
    assert rows == [("op", "v(out)", "1 V"), ("op", "i(vdd)", "-150 µA"),
                    ("supply at 10 Hz", "v(out)", "100 µV (-80.0 dB)")]
    assert "-80.0 dB" in value_table(rows) and value_table([]) == ""
    assert left_out(MILLER, one_pole()) == ["noise"]
    assert [unit_of(name) for name in ("v(out)", "i(vdd)", "@m1[gm]", "@m1[id]", "onoise_spectrum")] == [
        "V", "A", "S", "A", "V/sqrt(Hz)"]


def test_the_table_of_transistors_says_regions_in_words_and_escapes_names():
    device = Device("<b>M1", "nmos", 91e-6, 1.3e-6, 22.5e-6, 496e-6, 2.8e-6, 0.65, 0.45, 0.63, 0.067)
    html = device_table(OperatingPoint("ok", (device, replace(device, current=0.0)), analysis="op"))
    assert "&lt;b&gt;M1" in html and "<b>" not in html
    for text in ("91u", "22.0", "0.020", "saturation", "Vds \u2265 Vdsat", "Analysis &#39;op&#39;"):
        assert text in html


class Inspected(QuadraticSimulator):
    """Counts what it is asked."""

    def __init__(self, waves: Waveforms):
        super().__init__()
        self.asked, self.waves = [], waves

    def operating_point(self, circuit, parameters, conditions) -> OperatingPoint:
        self.asked.append((circuit.name, dict(parameters), conditions))
        return OperatingPoint("ok", (Device("M1", "nmos", 1e-6, 1e-6, 1e-5, 1e-4, 1e-6, 0.7, 0.5, 0.5, 0.15),))

    def waveforms(self, circuit, parameters, conditions) -> Waveforms:
        return self.waves


def view_of(tmp_path, waves: Waveforms, running: bool = False) -> tuple[InspectionView, Inspected, str]:
    import gradio as gr
    store, simulator = SessionStore(f"sqlite:///{tmp_path}/sessions.db"), Inspected(waves)
    services = Services({"MILLER": MILLER}, store, Hub(), simulator, None, policy_titles(chat=False), "MILLER")
    design = golden(MILLER)
    task = Task(MILLER, MILLER.specs, MILLER.conditions.nominal, design["parameters"])
    measured = replace(QuadraticSimulator().evaluate(MILLER, {"w": 1, "m": 1}, None), metrics=design["metrics"])
    id = store.create(task, "random")
    store.append(id, TurnFinished(Turn(0, Proposal(task.initial), measured, score(measured, task.specs))))
    if not running:
        store.append(id, SessionFinished("passed"))
    with gr.Blocks():
        return InspectionView("run", services), simulator, id


def test_the_best_design_is_simulated_when_it_is_opened_and_only_then(tmp_path):
    view, simulator, id = view_of(tmp_path, Waveforms("ok", one_pole()))
    steps = view.inspect(id)
    assert "Simulating" in next(steps)[0][0]["html"] and not simulator.asked
    tables, plots = next(steps)
    assert simulator.asked == [("MILLER", golden(MILLER)["parameters"], MILLER.conditions.nominal)]
    html = "".join(block["html"] for block in tables)
    assert "Turn 0, reward 1.000" in html and "saturation" in html and "did not get to: noise" in html
    assert [figure["key"] for figure in plots["figures"]] == ["loop", "step"]


def test_a_failure_is_told(tmp_path):
    view, _, id = view_of(tmp_path, Waveforms("not_converged", {}, "<i>singular matrix</i>"))
    *_, (tables, plots) = view.inspect(id)
    html = "".join(block["html"] for block in tables)
    assert "not converged" in html and "&lt;i&gt;singular" in html and "saturation" in html
    assert plots == {"figures": []}
    *_, (words, _) = view.inspect("nosuchid")
    assert "nosuchid" in words[0]["html"]


def test_nothing_is_simulated_during_a_session(tmp_path):
    view, simulator, id = view_of(tmp_path, Waveforms("ok", one_pole()), running=True)
    *_, (words, plots) = view.inspect(id)
    assert "once the session has ended" in words[0]["html"] and not simulator.asked and not plots["figures"]
    state = fold(view.services.store.events(id))
    assert state.running and not view.shown(state).visible
    ended = fold([SessionFinished("passed")], state)
    assert view.shown(ended).visible and not view.shown(ended, fresh=True).open
    assert not view.shown(fold([SessionStarted(state.task, "random"), SessionFinished("failed")])).visible
