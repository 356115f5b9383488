"""The reply parser: every defect has a defined outcome, and the way a text is cut into pieces has none."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.prompt.compact import END, TurnNumbers, call_text, write_reply
from sizing_app.prompt.parser import _XML_PARAMETER, LIMIT, ReplyParser, parse_reply
from tests.builders import a_circuit, on_grid

CIRCUIT = a_circuit()
VALUES = {"w": 4.7e-6, "m": 3.0}
CALL = '<tool_call>{"name":"simulate","arguments":{"w":"4.7u","m":"3x"}}</tool_call>'
OTHER_CALL = CALL.replace("4.7u", "10u")
PIECES = st.sampled_from([
    "<Analyze>", "</Analyze>", "<tool_call>", "</tool_call>", "<Design End>", CALL, OTHER_CALL, '{"name":"simulate"',
    ',"arguments":{"w":"4.7u","m":3}}', "raise w", "<", "</Ana", "<tool", "\x00", "\ud83d", "µ", "\n", " "])


def call(**arguments) -> str:
    return "<Analyze>x</Analyze><tool_call>" + json.dumps({"name": "simulate", "arguments": arguments}) + "</tool_call>"


def raw_call(text: str) -> str:
    return f"<Analyze>x</Analyze><tool_call>{text}</tool_call>"


def feed(text: str, cuts: list[int], until_done: bool = False) -> ReplyParser:
    parser = ReplyParser(CIRCUIT)
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, end in zip(edges, edges[1:], strict=False):
        parser.feed(text[start:end])
        if until_done and parser.done:
            break
    return parser


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=12).map("".join), st.lists(st.integers(0, 2000), max_size=30))
def test_any_cutting_gives_the_same_proposal(text, cuts):
    whole = parse_reply(text, CIRCUIT)
    assert feed(text, cuts).finish() == whole
    assert feed(text, list(range(len(text)))).finish() == whole
    early = feed(text, cuts, until_done=True).finish()
    assert (early.parameters, early.finished, early.reasoning) == (whole.parameters, whole.finished, whole.reasoning)


@given(st.text(max_size=300))
def test_any_text_has_an_outcome(text):
    proposal = parse_reply(text, CIRCUIT)
    assert proposal.parameters is None
    assert proposal.problems
    proposal.text.encode()


@given(st.floats(0, 1), st.floats(0, 1))
def test_what_a_teacher_writes_reads_back(width, ratio):
    parameters = on_grid(CIRCUIT, {"w": CIRCUIT.parameters[0].from_unit(width),
                                   "m": CIRCUIT.parameters[1].from_unit(ratio)})
    proposal = parse_reply(write_reply(CIRCUIT, "I raise w.", parameters).removesuffix(END), CIRCUIT)
    assert proposal.parameters == parameters
    assert proposal.reasoning == "I raise w."
    assert proposal.problems == ()


@pytest.mark.parametrize(("text", "problem"), [
    (CALL, "no <Analyze>"),
    ("<Analyze>x" + CALL, "not closed"),
    ("<Analyze>x</Analyze>" + CALL.removesuffix("</tool_call>"), "not closed by </tool_call>"),
    (call(w="4.7u", m=3, q=1), "Unknown parameters were ignored: q."),
    ("<Analyze>x</Analyze>" + CALL + OTHER_CALL, "a call after the call, was ignored"),
    ("<Analyze>x</Analyze>" + CALL + "<Design End>", "<Design End> after the call, was ignored"),
    ("<Analyze>x</Analyze>" + CALL + " done!", "Text after the action was ignored"),
    ("<Analyze>x</Analyze>" + CALL + " " * LIMIT, "longer than"),
    ("<Analyze>I may write <Design End> soon</Analyze>" + CALL, None),
    (call(w=4.7e-6, m=3), None),
    (call(w="4.7um", m="3"), None),
    (call(w="33.6%", m=" 10.5 %"), None),
])
def test_call_that_counts(text, problem):
    proposal = parse_reply(text, CIRCUIT)
    assert proposal.parameters == pytest.approx(VALUES)
    assert not proposal.finished
    assert [problem in sentence for sentence in proposal.problems] == ([] if problem is None else [True])


def test_the_ends_of_a_range_may_have_decimals():
    assert parse_reply(call(w="100.0%", m="0.0%"), CIRCUIT).parameters == {"w": 1e-4, "m": 1.0}


@pytest.mark.parametrize(("text", "problem"), [
    ("<Analyze>x</Analyze>", "neither a call"),
    ("<Analyze>x", "neither a call"),
    (raw_call('{"name":"simulate","arguments":'), "not valid JSON"),
    (raw_call("[" * (LIMIT - 100)), "nested too deeply"),
    (raw_call('{"a":' * 3000 + "1" + "}" * 3000), "nested too deeply"),
    (raw_call("[1]"), "not a JSON object"),
    (raw_call('{"name":"rm","arguments":{}}'), "'rm'; the only function"),
    (raw_call('{"name":["simulate"],"arguments":{}}'), "a list; the only function"),
    (raw_call('{"name":"simulate","arguments":"w=4.7u"}'), 'no object "arguments"'),
    (raw_call('{"name":"simulate","arguments":{"w":1e-5,"w":2e-5,"m":3}}'), "names w more than once"),
    (raw_call('{"name":"simulate","arguments":{"w":NaN,"m":3}}'), "not a finite number"),
    (raw_call('{"name":"simulate","arguments":{"w":' + "9" * 9000 + ',"m":3}}'), "not a finite number"),
    (raw_call('{"name":"simulate","arguments":{"w":1e999,"m":3}}'), "not a finite number"),
    (call(w="4.7u"), "Parameters are missing: m."),
    (call(w="wide", m=3), "w: 'wide' is not a number"),
    (call(w="9" * 5000 + "u", m=3), "is not a number"),
    (call(w=None, m=3), "w = None is not a number"),
    (call(w=True, m=3), "w = True is not a number"),
    (call(w={"value": 1}, m=3), "w = an object is not a number"),
    (call(w="1m", m=3), "w = '1m' is outside 1 µm to 100 µm."),
    (call(w="100.001u", m=3), "is outside 1 µm to 100 µm"),
    (call(w="-4.7u", m=3), "is outside 1 µm to 100 µm"),
    (call(w="100.1%", m=3), "is not a number"),
    (call(w="-1%", m=3), "is not a number"),
    (call(w="\ud83d\u0000", m=3), "is not a number"),
])
def test_call_that_does_not_count(text, problem):
    proposal = parse_reply(text, CIRCUIT)
    assert proposal.parameters is None
    assert not proposal.finished
    assert any(problem in sentence for sentence in proposal.problems), proposal.problems
    assert all(len(sentence) < 300 and sentence.isprintable() for sentence in proposal.problems)


@pytest.mark.parametrize(("text", "problems"), [
    ("<Analyze>all met</Analyze><Design End>", 0),
    ("<Design End>", 1),
    ("<Analyze>all met <Design End>", 1),
    ("<Analyze>all met</Analyze><Design End>" + CALL, 1),
])
def test_end_of_the_session(text, problems):
    proposal = parse_reply(text, CIRCUIT)
    assert (proposal.finished, proposal.parameters, len(proposal.problems)) == (True, None, problems)


def test_a_range_has_floating_slack_and_gives_its_end():
    assert parse_reply(call(w=100e-6 * (1 + 1e-12), m=3), CIRCUIT).parameters["w"] == 100e-6


def test_reasoning_while_it_is_written():
    parser = ReplyParser(CIRCUIT)
    seen = []
    for piece in ("<Ana", "lyze>gain", " fails</An", "alyze><tool_", "call>{}</tool_call>", "more"):
        parser.feed(piece)
        seen.append((parser.reasoning, parser.done))
    assert seen == [("", False), ("gain", False), ("gain fails", False), ("gain fails", False), ("gain fails", True),
                    ("gain fails", True)]


def test_endless_text_is_cut():
    parser = ReplyParser(CIRCUIT)
    for _ in range(LIMIT // 10 + 5):
        parser.feed("<Analyze> ")
    assert parser.done
    assert len(parser.finish().text) == LIMIT
    assert any("longer than" in problem for problem in parser.finish().problems)


def test_call_text_is_compact_json():
    assert json.loads(call_text(CIRCUIT, VALUES)) == {"name": "simulate", "arguments": {"w": "34%", "m": "11%"}}


@pytest.mark.parametrize("opening", ["", "<tool_call>", "<tool_call>```json", "<tool_call><function=simulate>"])
@pytest.mark.parametrize("repeated", ["\n", " ", "a", "`", "{", "<", "```", "```json\n", "``` ", "<parameter=w>",
                                      "<function=simulate>", "<tool_call>", "</Analyze>"])
def test_no_reply_takes_long_to_read(opening, repeated):
    text = (f"<Analyze>x</Analyze>\n```json{opening}" + repeated * LIMIT)[:LIMIT]
    begun = time.process_time()
    assert parse_reply(text, CIRCUIT).parameters is None
    assert time.process_time() - begun < 1


def test_many_open_parameters_take_no_longer_than_as_many_closed_ones():
    begun = time.process_time()
    assert _XML_PARAMETER.findall("<parameter=w>" * 20_000) == []
    assert time.process_time() - begun < 1


def test_one_long_word_takes_no_long_to_renumber():
    begun = time.process_time()
    assert TurnNumbers([0, 5]).feed("a" * 40_000 + ". ") == "a" * 40_000 + ". "
    assert time.process_time() - begun < 1
