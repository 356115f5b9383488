"""A language model as a policy, over the OpenAI-compatible streaming API of llama.cpp, vLLM or any other server.

Checkpoints of this repository get the compact prompt as token ids through ``/completions``, other models get messages
through ``/chat/completions``. llama.cpp and vLLM constrain the reply by a grammar, each through a field of its own that
the other one ignores without a word; so the server is asked what it is.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from sizing_app.domain import Circuit, Delta, History, Proposal, StopSignal, Task, latest_turn
from sizing_app.errors import PolicyError
from sizing_app.policy.words import missing_words
from sizing_app.prompt import chat, compact
from sizing_app.prompt.parser import ReplyParser

COMPACT_REPLY_TOKENS = 1024
COMPACT_TURNS = 4
"""Latest turns that a checkpoint is shown besides the initial one: as in training, so that its context is enough."""
CHAT_REPLY_TOKENS = 4096
TEMPERATURE = 0.5
"""At which a model is sampled, unless its card or somebody says otherwise."""
_OWNERS = {"llamacpp": "llama.cpp", "vllm": "vllm"}
ServerKind = Literal["llama.cpp", "vllm", "other"]


class LanguageModel:
    """Writes its reasoning and one call a turn. Stateless; the same task, history and seed give the same reply.

    ``base_url`` may be a function, asked once a turn (an embedded server moves when it is restarted). ``model_dir`` is
    the folder of a small checkpoint's tokenizer, None for a general model. ``latest_only`` shows it the latest turn
    alone (paper, ST-iter). ``constrained`` forces valid calls by a
    grammar where the server can; by default for checkpoints only, as a grammar keeps other models from thinking first.
    ``timeout``: seconds of silence that are put up with.
    """

    def __init__(self, name: str, base_url: str | Callable[[], str], model: str, model_dir: str | Path | None = None,
                 latest_only: bool = False, temperature: float | None = None, api_key: str | None = None,
                 constrained: bool | None = None, timeout: float = 120.0):
        self.name, self.model = name, model
        self.temperature = TEMPERATURE if temperature is None else temperature
        self._base_url = base_url if callable(base_url) else lambda: base_url
        self._model_dir = None if model_dir is None else Path(model_dir)
        self._latest_only = latest_only
        self._api_key = api_key
        self._constrained = model_dir is not None if constrained is None else constrained
        self._timeout = timeout
        self._lock = threading.Lock()
        self._servers: dict[str, tuple[Any, ServerKind]] = {}
        self._tokenizer = None

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """Deltas while the model writes, then its Proposal (of what it wrote so far, where ``stop`` was set)."""
        if self._model_dir is not None and (missing := missing_words(self._model_dir, task.circuit)):
            raise PolicyError(f"The checkpoint {self.name} has no words for{''.join(missing[:3])} ... of "
                              f"{task.circuit.name}: choose another policy.")
        base_url = self._base_url().rstrip("/")
        parser, tokens, logprobs, cut = ReplyParser(task.circuit), [], [], False
        stream = _StreamThread(lambda: self._open(base_url, task, history))
        with contextlib.closing(stream), self._explained(base_url):
            for choice in stream.items(stop):
                text = _text(choice)
                for token, logprob in _tokens(choice):
                    tokens.append(token)
                    logprobs.append(logprob)
                cut = cut or choice.finish_reason == "length"
                if text:
                    parser.feed(text)
                    yield Delta(text)
                if parser.done:
                    break
        proposal = parser.finish()
        if cut and not parser.done:
            proposal = replace(proposal, problems=(*proposal.problems, "The server cut the reply at its length limit."))
        yield replace(proposal, tokens=tuple(tokens), logprobs=tuple(logprobs))

    def prepare(self) -> None:
        """Start or find the server and load client and tokenizer, so that the first reply does not wait for them."""
        base_url = self._base_url().rstrip("/")
        with self._explained(base_url):
            self._server(base_url)
        if self._model_dir is not None:
            self._encode("")

    def _open(self, base_url: str, task: Task, history: History):
        """The server's stream for the next turn."""
        client, kind = self._server(base_url)
        shown = latest_turn(history) if self._latest_only else history
        request = {"model": self.model, "stream": True, "temperature": self.temperature, "top_p": 1.0,
                   "seed": _seed(task, history), "extra_body": self._fields(kind, task.circuit)}
        if self._model_dir is None:
            return client.chat.completions.create(messages=chat.messages(task, shown),
                                                  max_tokens=CHAT_REPLY_TOKENS, **request)
        prompt = compact.render(task, shown[:1] + shown[1:][-COMPACT_TURNS:])
        return client.completions.create(prompt=self._encode(prompt), logprobs=1,
                                         max_tokens=COMPACT_REPLY_TOKENS, **request)

    @contextlib.contextmanager
    def _explained(self, base_url: str) -> Iterator[None]:
        """Turn whatever goes wrong with a server into a PolicyError, and ask anew what it is next time."""
        try:
            yield
        except PolicyError:
            raise
        except Exception as error:
            with self._lock:
                self._servers.pop(base_url, None)
            raise PolicyError(_explain(error, base_url, self.model)) from error

    def _fields(self, kind: ServerKind, circuit: Circuit) -> dict[str, object]:
        """What only this kind of server understands. Their own sampling defaults differ, so all are given."""
        if kind == "other":
            return {}
        fields: dict[str, object] = {"top_k": 0, "min_p": 0.0}
        if kind == "vllm" and self._model_dir is not None:
            fields |= {"return_token_ids": True, "add_special_tokens": False}
        if kind == "llama.cpp":
            fields |= {"cache_prompt": True}
        if self._constrained:
            rules = compact.grammar(circuit)
            fields |= {"grammar": rules} if kind == "llama.cpp" else {"structured_outputs": {"grammar": rules}}
        return fields

    def _server(self, base_url: str) -> tuple[Any, ServerKind]:
        """The client of a server and what kind of server it is; asked once."""
        with self._lock:
            if base_url in self._servers:
                return self._servers[base_url]
        import openai
        local = urlparse(base_url).hostname in ("127.0.0.1", "localhost", "::1")
        client = openai.OpenAI(base_url=base_url, api_key=self._api_key or "none", max_retries=1,
                               timeout=openai.Timeout(self._timeout, connect=5.0),
                               http_client=openai.DefaultHttpxClient(trust_env=not local))
        try:
            models = list(client.models.list())
        except openai.NotFoundError:
            models = []
        kind = next((_OWNERS[model.owned_by] for model in models if model.owned_by in _OWNERS), "other")
        names = [model.id for model in models]
        if kind != "llama.cpp" and names and self.model not in names:  # llama.cpp has one model and ignores the name
            shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
            raise PolicyError(f"The model server at {base_url} has no model {self.model!r}: choose one of {shown} "
                              "with --model.")
        with self._lock:
            return self._servers.setdefault(base_url, (client, kind))

    def _encode(self, text: str) -> list[int]:
        from sizing_app.prompt.tokenizer import encode, load_tokenizer
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = load_tokenizer(self._model_dir)
        return encode(self._tokenizer, text)


class _StreamThread:
    """Reads a stream in a thread of its own, so that a stop is seen while the server is silent."""

    def __init__(self, open_stream: Callable[[], Any]):
        self._open_stream = open_stream
        self._items: queue.SimpleQueue = queue.SimpleQueue()
        self._closed = threading.Event()
        threading.Thread(target=self._read, name="model stream", daemon=True).start()

    def items(self, stop: StopSignal) -> Iterator[Any]:
        """The first choice of every chunk, until the stream ends or ``stop`` is set. Raises what the stream raised."""
        while not stop.is_set():
            try:
                item = self._items.get(timeout=0.05)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    def close(self) -> None:
        """The connection is closed at the latest when the server's next token arrives; it then stops generating."""
        self._closed.set()

    def _read(self) -> None:
        try:
            with self._open_stream() as stream:
                for chunk in stream:
                    if self._closed.is_set():
                        return
                    if chunk.choices:
                        self._items.put(chunk.choices[0])
            self._items.put(None)
        except Exception as error:
            self._items.put(error)


def _seed(task: Task, history: History) -> int:
    """One seed for every turn of every task seed, below 2^31."""
    return (task.seed * 1_000_003 + history[-1].index + 1) % 2**31


def _text(choice) -> str:
    """The new text of a chunk, from either endpoint. A thinking model's separate thoughts are left out."""
    delta = getattr(choice, "delta", None)
    return (choice.text if delta is None else delta.content) or ""


def _tokens(choice) -> Iterator[tuple[int, float]]:
    """New token ids with the model's log-probabilities (before temperature and grammar), where the server tells."""
    details = getattr(choice, "logprobs", None)
    if details is None or not hasattr(choice, "text"):
        return
    if ids := getattr(choice, "token_ids", None):  # vLLM
        yield from zip(ids, details.token_logprobs or (), strict=False)
    for entry in getattr(details, "content", None) or ():  # llama.cpp
        yield entry["id"], entry["logprob"]


def _explain(error: Exception, base_url: str, model: str) -> str:
    """A sentence for a person: what went wrong at which server, and what to do."""
    import openai
    server = f"The model server at {base_url}"
    if isinstance(error, openai.APITimeoutError):
        return f"{server} did not answer in time. Is it overloaded, or still loading its model? Try again."
    if isinstance(error, openai.APIConnectionError) and type(error.__cause__).__name__ == "ConnectError":
        return f"{server} cannot be reached. Start it, or give the address of a running one with --base-url."
    if isinstance(error, (openai.AuthenticationError, openai.PermissionDeniedError)):
        return f"{server} refused the API key. Set OPENAI_API_KEY to one that it accepts."
    if isinstance(error, openai.NotFoundError):
        return (f"{server} knows no model {model!r} or no such endpoint ({_short(error)}). Check --model, and that "
                "--base-url ends in /v1.")
    if isinstance(error, openai.APIStatusError):
        busy = error.status_code == 429 or error.status_code >= 500
        advice = "Try again later." if busy else "Check --model and the length of its context."
        return f"{server} answered with HTTP status {error.status_code} ({_short(error)}). {advice}"
    cause = error.__cause__ or error
    return f"{server} broke off its reply ({type(cause).__name__}: {_short(cause)}). Is it still running? Try again."


def _short(error: Exception) -> str:
    text = " ".join(str(getattr(error, "message", None) or error).split())
    return text if len(text) <= 200 else text[:197] + "..."
