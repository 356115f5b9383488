"""Both renderings of a task: what the small checkpoints read, and what general models read."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.definition import Metric, Parameter, Spec
from sizing_app.circuit.folder import load_circuits
from sizing_app.circuit.units import SUFFIXES
from sizing_app.prompt import chat, compact, vocabulary
from sizing_app.prompt.parser import parse_reply
from sizing_app.prompt.values import NUMBER, PERCENT_BUCKETS, at_position, metric_grid, percent_bucket, position
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from tests.builders import GOOD, POOR, a_circuit, a_task

CIRCUITS = list(load_circuits().values())


def a_turn(task, index, parameters, gain, power, text="") -> Turn:
    measurement = Measurement("ok", {"gain": gain, "power": power})
    return Turn(index, Proposal(parameters, text, text), measurement, score(measurement, task.specs))


def test_the_compact_prompt():
    task = a_task()
    nothing, late = Measurement("no_call", {}), Measurement("timeout", {})
    history = (a_turn(task, 0, task.initial, 37.4, 9e-6), a_turn(task, 1, GOOD, 60.0, None, "I reasoned"),
               Turn(2, Proposal(None, text="nonsense"), nothing, score(nothing, task.specs)),
               Turn(3, Proposal(GOOD), late, score(late, task.specs)))
    assert compact.render(task, history, "compact") == (
        "<|task|> none: tt 27C 3.3V 2p gain>=50dB power<=2u"
        '<|turn|>0{"w": "98%","m": "47%"}<|result|> gain=37.5dB -60% power=9.09u -300%'
        '<|turn|>1{"w": "50%","m": "47%"}<|result|> gain=60dB +50% power=none'
        '<|turn|>2<|result|> no_call<|turn|>3{"w": "50%","m": "47%"}<|result|> timeout<|reply|>')


def test_the_second_version_tells_ranges_and_what_each_turn_changed():
    """Moves in percent of the range (two decades of w), changes in percent of the scale (20 dB, 2 uW), since the best
    turn before; what gave no result teaches nothing."""
    task = a_task()
    nothing = Measurement("no_call", {})
    history = (a_turn(task, 0, task.initial, 37.4, 9e-6), a_turn(task, 1, GOOD, 60.0, 1e-6),
               a_turn(task, 2, {"w": 20e-6, "m": 10.0}, 58.0, 2.2e-6),
               Turn(3, Proposal(None, text="nonsense"), nothing, score(nothing, task.specs)),
               a_turn(task, 4, GOOD, 60.0, None))
    first, second = (compact.render(task, history, version) for version in ("compact", "compact-2"))
    assert re.sub(r" w=.*?(?=<)| since .*?(?=<)", "", second) == first
    assert second.startswith("<|task|> none: tt 27C 3.3V 2p gain>=50dB power<=2u w=1u..100u m=1x..20x<|turn|>0")
    assert [part.split("<")[0] for part in second.split(" since ")[1:]] == [
        "0 w -50% gives power= -500% gain= +100%", "1 w +16% gives power= +60% gain= -10%", "1 none gives none"]
    assert " since " not in compact.render(task, history[:1], "compact-2")


def test_evidence_is_told_in_tokens_that_every_checkpoint_has():
    tokens = set(vocabulary.added_tokens([a_circuit()], "compact"))
    assert {" gain=", " power=", " w", " m", " -50%", " -500%", " +100%", " +16%"} <= tokens


def test_the_written_reply():
    circuit = a_circuit()
    assert compact.write_reply(circuit, "I raise w.", POOR) == (
        '<Analyze>I raise w.</Analyze><tool_call>{"name":"simulate","arguments":{"w": "89%","m": "47%"}}</tool_call>'
        "<|end|>")
    assert compact.write_reply(circuit, "All met.", None) == "<Analyze>All met.</Analyze><Design End><|end|>"
    for analysis in ("", "a < b", "x" * (compact.ANALYSIS_LIMIT + 1), "two\nlines"):
        with pytest.raises(ValueError, match="ASCII characters"):
            compact.write_reply(circuit, analysis, POOR)


def read(text):
    """The value of a text, in SI units."""
    number, suffix = re.fullmatch(r"(-?[0-9.]+)(f|p|n|u|m(?!eg)|k|meg|g|t|)(?:\D*)", text).groups()
    return float(number) * (1 if text.endswith(("dB", "deg")) else SUFFIXES.get(suffix, 1.0))


@given(st.sampled_from(CIRCUITS), st.data())
def test_targets_are_rounded_to_the_safe_side(circuit, data):
    """Any value that meets the shown target meets the spec, and the text is at most one grid step stricter."""
    default = data.draw(st.sampled_from(circuit.specs))
    offset = data.draw(st.floats(-0.4, 0.4))
    unit = circuit.metric(default.metric).unit

    def shifted(bound):
        return None if bound is None else bound + 50 * offset if unit in ("dB", "deg") else bound * (1 + offset)

    spec = replace(default, low=shifted(default.low), high=shifted(default.high))
    text = compact.target_text(circuit, spec).removeprefix(spec.metric).lstrip("<>=")
    shown = [read(part) for part in text.split("..")]
    slack = 1e-6 * max(map(abs, shown))
    step = {"dB": 0.5, "deg": 1.0}.get(unit, 0.03 * max(map(abs, shown)))
    if spec.low is not None:
        assert spec.low - slack <= shown[0] <= spec.low + step + slack
    if spec.high is not None:
        assert spec.high + slack >= shown[-1] >= spec.high - step - slack


@given(st.floats(-20, 20))
def test_margin_buckets(margin):
    bucket = percent_bucket(margin)
    assert bucket in PERCENT_BUCKETS
    assert bucket > 0 or margin >= 0
    if 0.01 <= abs(margin) <= 9:
        assert abs(bucket / 100 - abs(margin)) <= max(0.005, 0.3 * abs(margin)) + 1e-12


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_grids_read_back(circuit):
    for parameter in circuit.parameters:
        assert [at_position(parameter, position(parameter, value)) for value in parameter.grid()] == parameter.grid()
    for spec in circuit.specs:
        grid = metric_grid(circuit.metric(spec.metric), spec)
        assert list(grid.values) == sorted(set(grid.values))
        assert [read(text) for text in grid.texts] == pytest.approx(grid.values)


def every_unit():
    """A circuit with the names and units that converters, regulators and references bring along."""
    parameters = (Parameter("w_bn2", "m", 50e-9, 300e-6, ""), Parameter("r_b", "Ohm", 50, 5e6, ""),
                  Parameter("c_c", "F", 1e-15, 20e-12, ""), Parameter("i_ref", "A", 1e-6, 100e-6, ""),
                  Parameter("m_pass", "", 40, 400, "", "linear", 1),
                  Parameter("v_pr", "V", 0.1, 1.2, "", "linear", 0.025))
    units = {"gain": "dB", "gbw": "Hz", "f_hp": "Hz", "pm": "deg", "slew": "V/s", "noise": "V/sqrt(Hz)", "power": "W",
             "i_q": "A", "td": "s", "thd": "dB", "e_gain": "%", "e_fs": "", "lreg": "Ohm", "ktc": "V", "e_conv": "J",
             "c_in": "F"}
    specs = (Spec("gain", 39.5, 40.5, 10), Spec("gbw", 60e6), Spec("f_hp", 50e-3, 1), Spec("pm", 60, 88),
             Spec("slew", 35e6), Spec("noise", high=15e-9), Spec("power", high=2.2e-3), Spec("i_q", high=80e-6),
             Spec("td", high=180e-12), Spec("thd", high=-60, scale=20), Spec("e_gain", high=0.25),
             Spec("e_fs", high=0.35), Spec("lreg", high=0.02),
             Spec("ktc", high=105e-6), Spec("e_conv", high=950e-15), Spec("c_in", high=1e-12))
    return replace(a_circuit("ADC1"), parameters=parameters, specs=specs,
                   metrics=tuple(Metric(name, name, unit, name) for name, unit in units.items()))


def test_tokens_of_every_circuit_do_not_overlap():
    tokens = vocabulary.added_tokens([*CIRCUITS, every_unit(), a_circuit("OPAMP4"), a_circuit("SimLDO")], "compact")
    assert len(set(tokens)) == len(tokens)
    assert {" folded-cascode", " gbw>=", ',"r_b":', ' "43%"', "4.75", "976", " -12%"} <= set(tokens)
    assert all(NUMBER.fullmatch(token) for token in tokens if token[-1].isdigit())


@pytest.mark.parametrize(("tokens", "message"), [
    (["12m", "2meg"], "'12m' ends as '2meg' begins: '2m'"),
    ([" c12", "2.55"], "' c12' ends as '2.55' begins: '2'"),
    (["w_in", "noise"], "'w_in' ends as 'noise' begins: 'n'"),
    (['":"'], "starts with a quote"),
])
def test_overlapping_tokens_are_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        vocabulary.check_overlaps(tokens)


def test_values_beyond_the_grid_show_its_end():
    circuit = a_circuit()
    assert compact.result_text(circuit, "power", 0.0) == compact.result_text(circuit, "power", 1e-30)
    assert compact.result_text(circuit, "gain", 1e9) == "80dB"
    assert compact.result_text(circuit, "gain", -200.0) == "-10dB"


def test_chat_messages():
    task = a_task()
    reply = "<Analyze>too little gain</Analyze>" + '<tool_call>{"name":"simulate","arguments":{}}</tool_call>'
    proposal = Proposal(None, text="?", problems=("Parameters are missing: m.",))
    refused = Turn(2, proposal, Measurement("no_call", {}), None)
    history = (a_turn(task, 0, task.initial, 37.0, 9e-6), a_turn(task, 1, GOOD, 60.0, 1e-6, reply), refused)
    messages = chat.messages(task, history)
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[2]["content"] == reply
    assert "gain = 37 dB, target >= 50 dB: FAILED (-65.0%)" in messages[1]["content"]
    assert "power = 1 µW, target <= 2 µW: met (+50.0%)" in messages[3]["content"]
    assert "Parameters are missing: m." in messages[5]["content"]
    assert messages[5]["content"].endswith("Simulations left: 3.")
    for fact in (task.circuit.netlist, "w (width of the input pair): 1 µm to 100 µm, log scale",
                 "m (mirror ratio): 1 to 20, whole numbers", "tt corner, 27 °C, 3.3 V supply"):
        assert fact in messages[1]["content"]


def test_a_turn_of_another_policy_becomes_a_valid_reply():
    task = a_task()
    history = (a_turn(task, 0, task.initial, 37.0, 9e-6), a_turn(task, 1, GOOD, 60.0, 1e-6))
    assert parse_reply(chat.messages(task, history)[2]["content"], task.circuit).parameters == pytest.approx(GOOD)


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_every_position_of_a_logarithmic_range_is_a_value_of_its_own(circuit):
    for parameter in circuit.parameters:
        values = [at_position(parameter, place) for place in range(101)]
        assert [position(parameter, value) for value in values] == list(range(101)) or parameter.scale == "linear"
        assert all(parameter.contains(value) for value in values)
