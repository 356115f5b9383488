"""Servers that speak the API each in its own way, as bug reports have them, in front of the real client."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sizing_app.errors import PolicyError
from sizing_app.policy import http_stream, model_server
from sizing_app.policy.language_model import LanguageModel
from sizing_app.policy.thoughts import ThoughtSplitter, split_thoughts
from sizing_app.prompt.parser import parse_reply
from sizing_app.session.loop import take_turn
from sizing_app.session.turn import initial_turn
from tests.builders import QuadraticSimulator, a_circuit, a_task
from tests.checkpoint import a_history, a_query

CIRCUIT = a_circuit()
ANSWER = "<Analyze>gain fails</Analyze>"
LISTING = {"data": [{"id": "served", "owned_by": "tests"}]}
PAGE = "<!DOCTYPE html><title>Log in</title>"

HOLD = 60.0
"""Seconds after which a silent server goes on by itself."""


class Server(ThreadingHTTPServer):
    """``answers`` are taken one a request, the last one for all that follow: functions of the handler."""

    daemon_threads = True

    def __init__(self, *answers, listing=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.listing, self.requests = list(answers), listing or body(LISTING), []
        self.gone, self.released = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __exit__(self, *_):
        self.released.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.listing(self)

    def do_POST(self):
        self.server.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        answers = self.server.answers
        try:
            (answers.pop(0) if len(answers) > 1 else answers[0])(self)
        except OSError:
            self.server.gone.set()

    def head(self, status=200, kind="text/event-stream", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *_):
        pass


def body(content, status=200, kind="application/json", **headers):
    def answer(handler):
        handler.head(status, kind, **headers)
        handler.wfile.write((content if isinstance(content, str) else json.dumps(content)).encode())
    return answer


def deltas(*parts, reason="stop", done=True):
    """A stream of these deltas."""
    def answer(handler):
        handler.head()
        for part in parts:
            handler.wfile.write(f"data: {json.dumps({'choices': [{'index': 0, 'delta': part}]})}\n\n".encode())
            handler.wfile.flush()
        if reason:
            chunk = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
            handler.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        if done:
            handler.wfile.write(b"data: [DONE]\n\n")
    return answer


def contents(*texts, **ending):
    return deltas(*({"content": text} for text in texts), **ending)


def error(status, message, **headers):
    return body({"error": {"message": message}}, status, **headers)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(model_server, "_FIRST_WAIT", 0.01)


@pytest.fixture(scope="module")
def task(ota):
    return a_query(ota)


@pytest.fixture(scope="module")
def values(task):
    return {parameter.name: parameter.nearest(parameter.from_unit(0.5)) for parameter in task.circuit.parameters}


@pytest.fixture(scope="module")
def call(values):
    return f'<tool_call>{json.dumps({"name": "simulate", "arguments": values})}</tool_call>'


def ask(server, task, stop=None, **options):
    with server:
        model = LanguageModel("chat", server.url, options.pop("model", "served"), **options)
        *pieces, proposal = model.propose(task, a_history(task, 1), stop or threading.Event())
    return pieces, proposal


DRAFT = '<Analyze>x</Analyze><tool_call>{"name":"simulate","arguments":{}}</tool_call> I would write <Design End> later'


@pytest.mark.parametrize("parts", [
    [{"content": f"<think>{DRAFT}</think>"}, {"content": ANSWER}],
    [{"content": "<thi"}, {"content": f"nk>{DRAFT}</thi"}, {"content": "nk>"}, {"content": ANSWER}],
    [{"content": f"[THINK]{DRAFT}[/THINK]{ANSWER}"}],
    [{"content": f"Okay. {DRAFT}"}, {"content": f"</think>{ANSWER}"}],
    [{"reasoning_content": DRAFT}, {"content": ANSWER}],
    [{"reasoning": DRAFT[:40]}, {"reasoning": DRAFT[40:], "reasoning_content": None}, {"content": ANSWER}],
    [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": DRAFT}]}]}, {"content": ANSWER}],
])
def test_thoughts_are_shown_kept_and_never_read(task, values, call, parts):
    pieces, proposal = ask(Server(deltas(*parts, {"content": call})), task)
    assert proposal.parameters == pytest.approx(values)
    assert (proposal.text, proposal.finished, proposal.problems) == (ANSWER + call, False, ())
    assert DRAFT in proposal.thoughts
    assert "".join(piece.text for piece in pieces if piece.kind == "thought").removeprefix("Okay. ") == DRAFT


def test_thoughts_that_never_close_are_no_reply(task):
    pieces, proposal = ask(Server(contents(f"<think>{DRAFT}", reason="length")), task)
    assert (proposal.parameters, proposal.finished, proposal.text) == (None, False, "")
    assert proposal.thoughts == DRAFT
    assert "The server cut the reply at its length limit." in proposal.problems
    assert {piece.kind for piece in pieces} == {"thought"}


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_any_cutting_gives_the_same_thoughts(size):
    text = "a<b <think>x</b></thinking>y <Analyze>z [TH"
    splitter, found = ThoughtSplitter(), {"thought": "", "reply": ""}
    pieces = [piece for start in range(0, len(text), size) for piece in splitter.feed(text[start : start + size])]
    for piece in [*pieces, *splitter.finish()]:
        found[piece.kind] += piece.text
    assert found == {"thought": "x</b>", "reply": "a<b y <Analyze>z [TH"}


@pytest.mark.parametrize(("text", "found"), [
    (f"<think>{DRAFT}</think>{ANSWER}", (DRAFT, ANSWER)),
    (f"{DRAFT}</think>{ANSWER}", (DRAFT, ANSWER)),
    (f"<think>{DRAFT}", (DRAFT, "")),
    (ANSWER, ("", ANSWER)),
])
def test_a_text_of_the_large_recipe_is_split_as_a_stream_is(text, found):
    assert split_thoughts(text) == found


def as_tool(arguments, **more):
    return {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "simulate", "arguments": arguments}, **more}]}


@pytest.mark.parametrize("shape", ["deltas", "whole", "object", "no index", "function_call", "parts", "after thoughts",
                                   "not a stream", "not a stream, with a tool", "lines without blanks", "twice done"])
def test_a_reply_is_read_wherever_it_stands(task, values, call, shape):
    text = json.dumps(values)
    tail = {"tool_calls": [{"index": 0, "function": {"arguments": text[9:]}}]}
    message = {"role": "assistant", "content": ANSWER + call}
    native = {"role": "assistant", "content": ANSWER, **as_tool(text)}
    answer = {
        "deltas": lambda: deltas({"content": ANSWER}, as_tool(text[:9]), tail, reason="tool_calls"),
        "whole": lambda: deltas({"content": ANSWER, **as_tool(text)}, done=False),
        "object": lambda: deltas({"content": ANSWER}, as_tool(values)),
        "no index": lambda: deltas({"content": ANSWER},
                                   {"tool_calls": [{"function": {"name": "simulate", "arguments": text}}]}),
        "function_call": lambda: deltas({"content": ANSWER},
                                        {"function_call": {"name": "simulate", "arguments": text}}),
        "parts": lambda: deltas({"content": [{"type": "text", "text": ANSWER}, {"type": "text", "text": call}]}),
        "after thoughts": lambda: deltas({"reasoning": "hm"}, {"content": ANSWER}, as_tool(text)),
        "not a stream": lambda: body({"choices": [{"message": message, "finish_reason": "stop"}]}),
        "not a stream, with a tool": lambda: body(json.dumps({"choices": [{"message": native}]}, indent=1)),
        "lines without blanks": lambda: body(
            f'data: {json.dumps({"choices": [{"delta": message}]})}\ndata: [DONE]\n', kind="text/plain"),
        "twice done": lambda: body(
            f': hello\n\nevent: message\ndata: {json.dumps({"choices": [{"delta": message}]})}\n\n'
            'data: {"choices": [], "usage": {}}\n\ndata: [DONE]\n\ndata: [DONE]\n\n', kind="text/event-stream"),
    }[shape]()
    server = Server(answer)
    _, proposal = ask(server, task)
    assert proposal.parameters == pytest.approx(values)
    assert proposal.problems == () and proposal.reasoning == "gain fails"
    assert server.requests[0]["tools"][0]["function"]["name"] == "simulate"
    assert "You may call the tool simulate" in server.requests[0]["messages"][0]["content"]


W = '{"w": "4.7u", "m": 3}'


@pytest.mark.parametrize("text", [
    "<tool_call>\n<function=simulate>\n<parameter=w>\n4.7u\n</parameter>\n<parameter=m>3</parameter>\n</function>\n"
    "</tool_call>",
    "<function=simulate><parameter=w>4.7u</parameter><parameter=m>3</parameter></function>",
    "<function=simulate><parameter=w>4.7u</parameter><parameter=m>3</parameter>",
    f'<tool_call>```json\n{{"name": "simulate", "arguments": {W}}}\n```</tool_call>',
    f'```json\n{{"name": "simulate", "arguments": {W}}}\n```',
    f'<tool_call>{{"name": "simulate", "parameters": {W}}}</tool_call>',
    f'<tool_call>{{"name": "simulate", "arguments": {json.dumps(W)}}}</tool_call>',
    f'<tool_call>{{"type": "function", "function": {{"name": "simulate", "arguments": {W}}}}}</tool_call>',
])
def test_calls_in_other_forms(text):
    proposal = parse_reply(ANSWER + text, CIRCUIT)
    assert proposal.parameters == pytest.approx({"w": 4.7e-6, "m": 3.0})
    assert proposal.reasoning == "gain fails" and not proposal.finished


@pytest.mark.parametrize(("text", "problem"), [
    ("<tool_call><function=rm><parameter=w>4.7u</parameter></function></tool_call>", "'rm'; the only function"),
    ("<function=simulate><parameter=w>4.7u</parameter><parameter=w>5u</parameter></function>", "more than once"),
    ('<tool_call>{"name":"simulate","arguments":"{\\"w\\":1,\\"w\\":2}"}</tool_call>', "more than once"),
    ('<tool_call>{"name":"simulate","arguments":"{w"}</tool_call>', "not valid JSON"),
])
def test_calls_in_other_forms_that_do_not_count(text, problem):
    proposal = parse_reply(ANSWER + text, CIRCUIT)
    assert proposal.parameters is None
    assert any(problem in sentence for sentence in proposal.problems), proposal.problems


@pytest.mark.parametrize(("field", "status", "refusal"), [
    ("max_tokens", 400, {"error": {"message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
                                              "Use 'max_completion_tokens' instead.", "param": "max_tokens"}}),
    ("max_tokens", 400, {"error": {"message": "max_tokens is too large"}}),
    ("temperature", 400, {"error": {"message": "'temperature' does not support 0.5", "param": "temperature"}}),
    ("top_p", 400, {"message": "`temperature` may stay, top_p: Extra inputs are not permitted"}),
    ("seed", 422, {"detail": [{"loc": ["body", "seed"], "msg": "extra", "input": {"temperature": 1, "top_p": 1}}]}),
    ("tools", 400, {"error": {"message": '"auto" tool choice requires --enable-auto-tool-choice'}}),
    ("tools", 500, {"error": {"message": "tools param requires --jinja flag"}}),
    ("stream", 501, {"error": "Streaming is not supported"}),
])
def test_a_refused_field_is_left_out_from_then_on(task, call, field, status, refusal):
    server = Server(body(refusal, status), contents(ANSWER + call))
    with server:
        for _ in range(2):
            model = LanguageModel("chat", server.url, "served")
            assert [*model.propose(task, a_history(task, 1), threading.Event())][-1].problems == ()
    first, *rest = server.requests
    assert field in first and len(rest) == 2
    assert all(field not in request and "stream_options" not in request for request in server.requests[1:])
    if field == "max_tokens":
        assert {request["max_completion_tokens"] for request in rest} == {4096}


def test_a_400_that_names_no_field_ends_with_a_sentence(task):
    server = Server(error(400, "the context is full"))
    with pytest.raises(PolicyError, match="HTTP status 400 .*the context is full.*Check --model"):
        ask(server, task)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("listing", "model", "warned"), [
    (body([{"id": "served"}]), "served", False),
    (body(["served"]), "other", True),
    (body({"models": [{"name": "served:latest"}]}), "served", False),
    (body({"data": [{"id": "models/served"}]}), "served", False),
    (body({"data": [{"id": "openai/*"}]}), "openai/gpt", False),
    (body({"data": [{"id": "served"}]}), "other", True),
    (body({"data": None}), "served", False),
    (body("not found", 404, "text/plain"), "served", False),
    (body({"error": "no"}, 403), "served", False),
    (body("", 405), "served", False),
    (body(PAGE, 501, "text/html"), "served", False),
])
def test_the_listing_is_a_hint(task, call, values, listing, model, warned):
    pieces, proposal = ask(Server(contents(ANSWER + call), listing=listing), task, model=model)
    assert proposal.parameters == pytest.approx(values)
    notices = [piece.text for piece in pieces if piece.kind == "notice"]
    assert [f"lists no model {model!r}" in notice for notice in notices] == [True] * warned


@pytest.mark.parametrize(("listing", "answer", "sentence"), [
    (body(PAGE, kind="text/html"), contents(""), r"no model server\. Does the address end in /v1\?"),
    (None, body(PAGE, kind="text/html"), r"no model server\. Does the address end in /v1\? Does it ask for a login"),
    (None, body("hello"), "no model server"),
    (None, body(""), "ended before it was complete"),
    (None, body({"choices": []}), "holds no text, thoughts or call"),
    (None, contents(""), "holds no text, thoughts or call"),
    (None, contents(ANSWER, reason=None, done=False), "ended before it was complete"),
    (None, body({"error": {"message": "no credit"}}), "no credit"),
    (None, body({"object": "error", "message": "x"}), "holds no text"),
    (None, error(401, "bad key"), "refused the API key"),
    (None, error(404, "no such model"), "knows no model 'served'.*It lists served"),
    (None, error(500, "no luck"), "HTTP status 500 .*no luck.*Try again later"),
    (None, body("x" * 1000, content_encoding="gzip"), "compressed although"),
])
def test_a_lost_reply_is_a_sentence_and_no_turn(task, listing, answer, sentence):
    with pytest.raises(PolicyError, match=sentence):
        ask(Server(answer, listing=listing), task)


@pytest.mark.parametrize("failures", [
    [error(429, "slow down")] * 4,
    [error(429, "slow down", Retry_After="0.02"), error(429, "x", Retry_After="Thu, 01 Jan 1970 00:00:00 GMT")],
    [error(500, "no luck"), error(503, "loading")],
])
def test_a_busy_server_is_asked_again_and_a_person_sees_it(task, values, call, failures):
    pieces, proposal = ask(Server(*failures, contents(ANSWER + call)), task)
    assert proposal.parameters == pytest.approx(values)
    notices = [piece.text for piece in pieces if piece.kind == "notice"]
    assert len(notices) == len(failures) and all("asking again in" in notice for notice in notices)


@pytest.mark.parametrize(("answer", "requests"), [
    (error(429, "no quota"), 6), (error(429, "no quota", Retry_After="86400"), 1), (error(500, "no quota"), 3)])
def test_a_server_that_stays_busy_ends_the_session(task, answer, requests):
    server = Server(answer)
    with pytest.raises(PolicyError, match="no quota.*Try again later"):
        ask(server, task)
    assert len(server.requests) == requests


def silent(*texts):
    """Writes these contents, then nothing, until its client has gone."""
    def answer(handler):
        if texts:
            contents(*texts, reason=None, done=False)(handler)
        handler.connection.settimeout(HOLD)
        if not handler.connection.recv(1):
            handler.server.gone.set()
    return answer


def endless(piece, first=b""):
    def answer(handler):
        handler.head()
        handler.wfile.write(first)
        while not handler.server.released.is_set():
            handler.wfile.write(piece)
    return answer


def wait_for_request(server):
    while not server.requests:
        time.sleep(0.01)


@pytest.mark.parametrize(("answer", "first"), [
    (silent(), None), (silent(ANSWER), ANSWER), (silent("<think>hm"), "hm"),
    (error(429, "busy", Retry_After="100"), "The model server is busy: asking again in 100 s."),
    (endless(b": nothing\n\n", b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'), "x"),
])
def test_stop_ends_the_request_at_once(task, answer, first):
    stop, server = threading.Event(), Server(answer)
    with server:
        model = LanguageModel("chat", server.url, "served")
        pieces = model.propose(task, a_history(task, 1), stop)
        if first is None:
            threading.Thread(target=lambda: (wait_for_request(server), stop.set())).start()
        else:
            assert next(pieces).text == first
            stop.set()
        assert [*pieces][-1].parameters is None
        if "busy" not in str(first):
            assert server.gone.wait(HOLD / 2)


@pytest.mark.parametrize(("piece", "sentence"), [
    (b"x" * 50_000, "a line of it is longer than 0.1 MB"),
    (b'data: {"choices": [{"delta": {}}]}\n\n' * 1000, "it is longer than 0.5 MB"),
])
def test_what_is_read_is_bounded(task, monkeypatch, piece, sentence):
    monkeypatch.setattr(http_stream, "LINE_BYTES", 100_000)
    monkeypatch.setattr(http_stream, "REPLY_BYTES", 500_000)
    server = Server(endless(piece))
    with server:
        model = LanguageModel("chat", server.url, "served")
        with pytest.raises(PolicyError, match=sentence):
            [*model.propose(task, a_history(task, 1), threading.Event())]
        assert server.gone.wait(HOLD / 2)


def test_the_caps_are_options(task, call):
    server = Server(contents(ANSWER + " " * 200 + call))
    _, proposal = ask(server, task, reply_tokens=77, reply_characters=100)
    assert server.requests[0]["max_tokens"] == 77
    assert len(proposal.text) == 100 and "longer than 100 characters" in proposal.problems[-1]


def test_a_turn_keeps_its_thoughts_and_the_next_request_has_none():
    reply = f'{ANSWER}<tool_call>{{"name": "simulate", "arguments": {W}}}</tool_call>'
    server, task = Server(contents("<think>SECRET\x00</think>" + reply)), a_task()
    with server:
        model, simulator = LanguageModel("chat", server.url, "served"), QuadraticSimulator()
        history = (initial_turn(task, simulator),)
        for _ in range(2):
            *_, finished = take_turn(task, history, model, simulator, threading.Event())
            history = (*history, finished.turn)
    assert [turn.proposal.thoughts for turn in history] == ["", "SECRET\ufffd", "SECRET\ufffd"]
    assert "SECRET" not in json.dumps(server.requests[1])
    assert reply in server.requests[1]["messages"][2]["content"]
