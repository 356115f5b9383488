"""The embedded engine and the language model over it, with a random-weight checkpoint: everything but skill is real."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from sizing_app.errors import PolicyError
from sizing_app.policy.engine import Engine
from sizing_app.policy.gguf import cached_gguf
from sizing_app.policy.language_model import LanguageModel
from sizing_app.prompt.compact import SPECIAL_TOKENS, render
from sizing_app.prompt.tokenizer import encode, load_tokenizer
from sizing_app.prompt.vocabulary import added_tokens
from sizing_app.task.turn import Delta
from tests.checkpoint import a_history, a_query, sample_texts, write_checkpoint

NEVER = threading.Event()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, ota, miller):
    folder = tmp_path_factory.mktemp("checkpoint")
    write_checkpoint(folder / "tiny", [ota, miller])
    return folder / "tiny"


@pytest.fixture(scope="module")
def engine(checkpoint):
    with Engine(checkpoint, slots=2, cache=checkpoint.parent) as engine:
        yield engine


@pytest.fixture
def model(engine, checkpoint):
    return LanguageModel("tiny", lambda: engine.base_url, "tiny", checkpoint, temperature=1.0)


def propose(model, task, history=None, stop=NEVER):
    """The pieces that a turn wrote, and its proposal."""
    *deltas, proposal = model.propose(task, history or a_history(task, 1), stop)
    assert all(isinstance(delta, Delta) for delta in deltas)
    return deltas, proposal


def ask(engine, path: str, body: dict) -> dict:
    url = engine.base_url.removesuffix("/v1") + path
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_tokenization_is_the_same_on_any_text(engine, checkpoint, ota, miller):
    """Two numbers without anything between them do not occur."""
    tokenizer, rng = load_tokenizer(checkpoint), random.Random(0)
    tokens = [f"{token}u" if token[-1].isdigit() else token for token in added_tokens([ota, miller], "compact")
              if token not in SPECIAL_TOKENS]
    pieces = ["m", "meg", " w", "gain", "<", ">", '"', "é√µ", "😀", "\n\n", "  ", "\t", "it's", "=", ","]
    texts = ["".join(rng.choice(tokens if rng.random() < 0.5 else pieces) for _ in range(rng.randint(1, 12)))
             for _ in range(300)]
    texts += [text.replace("<|", "").replace("|>", "") for text in sample_texts([ota, miller], 20)]
    for text in texts:
        assert ask(engine, "/tokenize", {"content": text})["tokens"] == encode(tokenizer, text), text


def test_the_grammar_makes_every_call_valid(model, ota, miller):
    actions = set()
    for seed in range(12):
        task = a_query((ota, miller)[seed % 2], seed)
        _, proposal = propose(model, task, a_history(task, 1 + seed % 3, seed))
        assert proposal.problems == ()
        assert (proposal.parameters is None) == proposal.finished
        actions.add(proposal.finished)
        assert len(proposal.tokens) == len(proposal.logprobs) > 0
        assert all(logprob <= 0 for logprob in proposal.logprobs)
    assert actions == {True, False}


def test_a_long_session_fits_into_the_context(model, ota):
    task = a_query(ota)
    assert propose(model, task, a_history(task, 200))[1].problems == ()


def test_the_seed_decides(model, ota):
    history = a_history(a_query(ota), 2)
    first, again, other = (propose(model, a_query(ota, seed), history)[1] for seed in (3, 3, 4))
    assert first.text == again.text != other.text


def test_deltas_are_the_text(model, ota):
    deltas, proposal = propose(model, a_query(ota))
    assert len(deltas) > 5
    assert "".join(delta.text for delta in deltas) == proposal.text


def test_several_threads_at_once(model, ota):
    texts = {}

    def work(number):
        texts[number] = propose(model, a_query(ota, number % 2))[1].text

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 6
    assert len(set(texts.values())) >= 2


def test_stop_ends_the_stream(model, engine, ota):
    stop = threading.Event()
    pieces = model.propose(a_query(ota), a_history(a_query(ota), 1), stop)
    next(pieces)
    stop.set()
    rest = list(pieces)
    assert len(rest) <= 3
    assert rest[-1].parameters is None
    assert propose(model, a_query(ota))[1].problems == ()


def test_a_killed_server_is_started_again(model, engine, ota):
    propose(model, a_query(ota))
    pid = engine.pid
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: not alive(pid))
    assert propose(model, a_query(ota))[1].problems == ()
    assert engine.pid != pid


def test_a_server_killed_while_it_is_asked_is_a_clear_error(model, engine, checkpoint, ota):
    direct = LanguageModel("tiny", engine.base_url, "tiny", checkpoint)
    direct.prepare()
    os.kill(engine.pid, signal.SIGSTOP)  # takes the request, but cannot answer it before it is killed
    threading.Timer(0.3, os.kill, (engine.pid, signal.SIGKILL)).start()
    with pytest.raises(PolicyError, match=r"http://127\.0\.0\.1:\d+/v1 (broke off|cannot be reached)"):
        propose(direct, a_query(ota))
    assert propose(model, a_query(ota))[1].problems == ()


def test_a_turn_whose_embedded_server_dies_is_tried_once_more(model, engine, faulty, checkpoint, ota):
    addresses = [f"{faulty}/cut/vllm", engine.base_url]
    moving = LanguageModel("tiny", lambda: addresses.pop(0), "served", checkpoint, temperature=1.0)
    deltas, proposal = propose(moving, a_query(ota))
    assert proposal.text == propose(model, a_query(ota))[1].text
    assert [delta.kind for delta in deltas[:2]] == ["reply", "again"]
    assert "".join(delta.text for delta in deltas[2:]) == proposal.text
    always = LanguageModel("tiny", lambda: f"{faulty}/cut/vllm", "served", checkpoint)
    with pytest.raises(PolicyError, match="broke off its reply"):
        propose(always, a_query(ota))


def test_the_server_outlives_the_thread_that_started_it_but_not_the_process(checkpoint):
    code = ("import sys, threading, time\n"
            "from pathlib import Path\n"
            "from sizing_app.policy.engine import Engine\n"
            "engine = Engine(sys.argv[1], slots=1, cache=Path(sys.argv[1]).parent)\n"
            "thread = threading.Thread(target=lambda: engine.base_url); thread.start(); thread.join()\n"
            "time.sleep(0.3); print(engine.pid, flush=True); time.sleep(600)")
    parent = subprocess.Popen([sys.executable, "-c", code, str(checkpoint)], stdout=subprocess.PIPE, text=True)
    try:
        pid = int(parent.stdout.readline())
        assert alive(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    assert wait_for(lambda: not alive(pid))


def test_closing_ends_the_server(checkpoint):
    engine = Engine(checkpoint, slots=1, cache=checkpoint.parent)
    assert engine.base_url.startswith("http://127.0.0.1:")
    pid = engine.pid
    engine.close()
    assert not alive(pid)


def test_conversion_is_cached_by_content(checkpoint, tmp_path):
    first = cached_gguf(checkpoint, tmp_path)
    written = first.stat().st_mtime_ns
    assert cached_gguf(checkpoint, tmp_path) == first
    assert first.stat().st_mtime_ns == written
    assert [path.suffix for path in tmp_path.iterdir()] == [".gguf"]


def test_unusable_checkpoints_are_named(checkpoint, tmp_path):
    with pytest.raises(PolicyError, match=r"has no config\.json and no tokenizer\.json and no model\.safetensors"):
        cached_gguf(tmp_path, tmp_path)
    for name in ("tokenizer.json", "model.safetensors"):
        (tmp_path / name).symlink_to(checkpoint / name)
    config = json.loads((checkpoint / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_type": "llama"}))
    with pytest.raises(PolicyError, match="model_type is 'llama', expected 'qwen3'"):
        cached_gguf(tmp_path, tmp_path)
    assert not list(tmp_path.glob("*.part"))
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": 32}))
    with pytest.raises(PolicyError, match="did not start"):
        _ = Engine(tmp_path, cache=tmp_path).base_url


def test_general_models_get_messages(engine, ota):
    model = LanguageModel("chat", engine.base_url, "tiny", constrained=True, temperature=1.0)
    task = a_query(ota)
    _, proposal = propose(model, task, a_history(task, 1))
    assert proposal.problems == ()
    assert proposal.parameters or proposal.finished


def test_a_prompt_beyond_the_context_is_a_clear_error(checkpoint, ota):
    with Engine(checkpoint, slots=1, context=512, cache=checkpoint.parent) as engine:
        model = LanguageModel("chat", lambda: engine.base_url, "tiny")
        with pytest.raises(PolicyError, match="HTTP status 400 .*context"):
            propose(model, a_query(ota))


class _Scripted(BaseHTTPRequestHandler):
    """A server that goes wrong; the first part of the path says how."""

    requests: list[dict] = []
    released = threading.Event()

    def do_GET(self):
        self._send(200, {"object": "list", "data": [
            {"id": "served", "object": "model", "created": 0, "owned_by": self.path.split("/")[2]}]})

    def do_POST(self):
        fault = self.path.split("/")[1]
        self.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if fault.isdigit():
            self._send(int(fault), {"error": {"message": "no luck", "type": "x", "code": int(fault)}})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if fault == "cut":
            self.send_header("Content-Length", "99999")
        self.end_headers()
        chunk = {"id": "1", "object": "text_completion", "created": 0, "model": "served",
                 "choices": [{"index": 0, "text": "<Analyze>x", "finish_reason": None, "logprobs": None}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()
        if fault == "garbage":
            self.wfile.write(b"data: {]\n\n")
        elif fault == "silent":
            self.released.wait(60.0)
        elif fault == "short":
            self.wfile.write(b"data: [DONE]\n\n")
        elif fault == "error":
            self.wfile.write(b'data: {"error": {"message": "out of memory", "code": 500}}\n\n')

    def log_message(self, *_):
        pass

    def _send(self, status: int, body: dict):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def faulty():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Scripted)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    _Scripted.released.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("fault", "message"), [
    ("401", "refused the API key"),
    ("404", "knows no model 'served'"),
    ("400", "HTTP status 400 .*no luck.*Check --model"),
    ("500", "HTTP status 500 .*no luck.*Try again later"),
    ("garbage", "broke off its reply"),
    ("cut", "broke off its reply"),
    ("lost", "broke off its reply"),
    ("error", "out of memory"),
    ("silent", "did not answer in time|broke off its reply"),
])
def test_faults_of_a_server(faulty, checkpoint, ota, fault, message):
    patience = 0.5 if fault == "silent" else 60.0
    model = LanguageModel("x", f"{faulty}/{fault}/vllm/", "served", checkpoint, timeout=patience)
    with pytest.raises(PolicyError, match=message) as caught:
        propose(model, a_query(ota))
    assert f"{faulty}/{fault}/vllm" in str(caught.value)


def test_stop_does_not_wait_for_a_silent_server(faulty, checkpoint, ota):
    model = LanguageModel("x", f"{faulty}/silent/vllm", "served", checkpoint)
    stop = threading.Event()
    pieces = model.propose(a_query(ota), a_history(a_query(ota), 1), stop)
    next(pieces)
    threading.Timer(0.1, stop.set).start()
    assert list(pieces)[-1].parameters is None
    assert not _Scripted.released.is_set()


def test_a_short_reply_is_judged_as_it_is(faulty, checkpoint, ota):
    _, proposal = propose(LanguageModel("x", f"{faulty}/short/vllm", "served", checkpoint), a_query(ota))
    assert (proposal.parameters, proposal.finished, len(proposal.problems)) == (None, False, 2)


def test_prepared_ahead(engine, checkpoint, ota):
    model = LanguageModel("tiny", lambda: engine.base_url, "tiny", checkpoint)
    model.prepare()
    assert propose(model, a_query(ota))[1].problems == ()
    with pytest.raises(PolicyError, match="cannot be reached"):
        LanguageModel("x", "http://127.0.0.1:9/v1", "served", checkpoint).prepare()


def test_a_wrong_model_and_a_server_that_is_down(faulty, checkpoint, ota):
    with pytest.raises(PolicyError, match="knows no model 'other' .* It lists served"):
        propose(LanguageModel("x", f"{faulty}/404/vllm", "other", checkpoint), a_query(ota))
    with pytest.raises(PolicyError, match="http://127.0.0.1:9/v1 cannot be reached. Start it, or give .* --base-url"):
        propose(LanguageModel("x", "http://127.0.0.1:9/v1", "served", checkpoint), a_query(ota))


@pytest.mark.parametrize(("owner", "given", "absent"), [
    ("vllm", {"structured_outputs", "top_k", "min_p", "return_token_ids"}, {"grammar"}),
    ("llamacpp", {"grammar", "top_k", "min_p", "cache_prompt"}, {"structured_outputs"}),
    ("somebody", {"temperature", "top_p", "seed"}, {"grammar", "structured_outputs", "top_k"}),
])
def test_each_server_gets_its_own_fields(faulty, checkpoint, ota, owner, given, absent):
    task = a_query(ota)
    propose(LanguageModel("x", f"{faulty}/short/{owner}", "served", checkpoint), task)
    request = _Scripted.requests[-1]
    assert given <= set(request)
    assert not absent & set(request)
    assert request["prompt"] == encode(load_tokenizer(checkpoint), render(task, a_history(task, 1), "compact"))
    propose(LanguageModel("x", f"{faulty}/short/{owner}", "served", checkpoint, prompt="compact-2"), task)
    assert _Scripted.requests[-1]["prompt"] == encode(load_tokenizer(checkpoint),
                                                      render(task, a_history(task, 1), "compact-2"))


@pytest.mark.slow
def test_log_probabilities_are_those_of_transformers(engine, checkpoint, ota):
    """Greedy tokens and their log-probabilities, against float32."""
    torch = pytest.importorskip("torch")
    from transformers import AutoModelForCausalLM
    reference = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    tokenizer = load_tokenizer(checkpoint)
    compared = 0
    for seed in range(20):
        task = a_query(ota, seed)
        prompt = encode(tokenizer, render(task, a_history(task, 2, seed), "compact"))
        answer = ask(engine, "/v1/completions", {"prompt": prompt, "max_tokens": 24, "temperature": 0, "logprobs": 1})
        entries = answer["choices"][0]["logprobs"]["content"]
        tokens = [entry["id"] for entry in entries]
        if len(tokens) < answer["usage"]["completion_tokens"]:
            continue  # the server leaves out tokens that are half a character
        compared += 1
        with torch.no_grad():
            logits = reference(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1]
        expected = torch.log_softmax(logits, -1)
        best = expected.max(-1).values.numpy()
        chosen = expected[torch.arange(len(tokens)), torch.tensor(tokens)].numpy()
        assert np.allclose(chosen, best, atol=1e-4)
        assert np.allclose([entry["logprob"] for entry in entries], chosen, atol=1e-3)
    assert compared >= 10


def test_a_checkpoint_acts_on_a_given_plan(model, ota):
    """Its reply begins with the plan, the call is valid, and the same plan gives the same call."""
    task = a_query(ota)
    history = a_history(task, 2)
    plan = "Turn 1 is worse. From turn 0 I raise w_in."
    (opening, *deltas, proposal), again = (list(model.act(task, history, plan, NEVER)) for _ in range(2))
    assert opening == Delta(f"<Analyze>{plan}</Analyze>") and proposal.text == again[-1].text
    assert proposal.reasoning == plan and (proposal.parameters or proposal.finished) and not proposal.problems
    assert "<Analyze>" not in "".join(delta.text for delta in deltas)
    for wrong in ("", "x</Analyze><tool_call>", "x" * 601):
        with pytest.raises(PolicyError, match="The plan cannot be read"):
            list(model.act(task, history, wrong, NEVER))


def test_a_checkpoint_proposes_within_a_persons_limits(model, ota):
    """It is held to them by its grammar, so that nothing has to be changed afterwards."""
    width, current = ota.parameter("w_in"), ota.parameter("i_b")
    limits = {"w_in": tuple(map(width.from_unit, (0.2, 0.3))), "i_b": tuple(map(current.from_unit, (0.6, 1.0)))}
    called = 0
    for seed in range(6):
        task = replace(a_query(ota, seed), limits=limits)
        parameters = propose(model, task)[1].parameters
        called += parameters is not None
        assert parameters is None or all(low <= parameters[name] <= high for name, (low, high) in limits.items())
    assert called
