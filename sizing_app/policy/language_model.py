"""A language model as a policy, over the OpenAI-compatible streaming API of llama.cpp, vLLM or any other server.

Checkpoints of this repository get the compact prompt as token ids through ``/completions``, other models get messages
through ``/chat/completions``, with the simulator as a tool where the server takes one. llama.cpp and vLLM constrain the
reply by a grammar, each through a field of its own that the other one ignores without a word; so the server is asked
what it is.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from sizing_app.errors import PolicyError
from sizing_app.policy.chunks import ReplyReader
from sizing_app.policy.draft import Draft, Written
from sizing_app.policy.http_stream import DONE, BrokenReplyError, NoModelServerError, RefusedError
from sizing_app.policy.model_server import ModelServer, ServerKind
from sizing_app.policy.stream_thread import StreamThread
from sizing_app.policy.words import lack_of_words
from sizing_app.prompt import chat, compact
from sizing_app.prompt.grammar import grammar
from sizing_app.prompt.parser import LIMIT
from sizing_app.prompt.versions import FIRST
from sizing_app.prompt.wording import Wording, wording
from sizing_app.task.advantage import PLAY_TEMPERATURE
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.turn import Delta, History, Proposal, latest_turn

COMPACT_REPLY_TOKENS = 1024
CHAT_REPLY_TOKENS = 4096


class LostReplyError(PolicyError):
    """The connection to the server failed."""


class LanguageModel:
    """Writes its reasoning and one call a turn. Stateless; the same task, history and seed give the same reply.

    ``base_url`` may be a function, asked once a turn (an embedded server moves when it is restarted); a turn whose
    server dies is then tried once more. ``model_dir`` is the folder of a small checkpoint's tokenizer, None for a
    general model. ``latest_only`` shows it the latest turn alone (paper, ST-iter). ``constrained`` forces valid calls
    by a grammar where the server can; by default for checkpoints only, as a grammar keeps other models from thinking
    first. ``prompt``: the version of a checkpoint's prompt (prompt/versions.py). ``timeout``: seconds of silence that
    are put up with. A general model may write ``reply_tokens``, thoughts included, and ``reply_characters`` of its
    reply are read; ``notes`` gives what it is told beside the results.
    """

    takes_plans = True

    def __init__(self, name: str, base_url: str | Callable[[], str], model: str, model_dir: str | Path | None = None,
                 latest_only: bool = False, temperature: float | None = None, api_key: str | None = None,
                 constrained: bool | None = None, timeout: float = 120.0, reply_tokens: int = CHAT_REPLY_TOKENS,
                 reply_characters: int = LIMIT, prompt: str = FIRST,
                 notes: Callable[[Task, History], str] | None = None):
        self.name, self.model, self._notes = name, model, notes
        self.temperature = PLAY_TEMPERATURE if temperature is None else temperature
        self._moves = callable(base_url)
        self._base_url = base_url if callable(base_url) else lambda: base_url
        self._model_dir = None if model_dir is None else Path(model_dir)
        self._latest_only, self._prompt = latest_only, prompt
        self._api_key = api_key
        self._constrained = model_dir is not None if constrained is None else constrained
        self._timeout = timeout
        self._reply_tokens, self._reply_characters = reply_tokens, reply_characters
        self._lock = threading.Lock()
        self._servers: dict[str, ModelServer] = {}
        self._tokenizer = None

    @property
    def reads_hints(self) -> bool:
        """Whether its prompt says the task's hint; the compact prompt has no words for it."""
        return self._model_dir is None

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """Deltas while the model writes, then its Proposal (of what it wrote so far, where ``stop`` was set)."""
        yield from self._checked_reply(task, history, "", stop)

    def act(self, task: Task, history: History, plan: str, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """A call after ``plan``, which names turns by the session's numbers: a checkpoint's reply begins with it, other
        models, whose endpoint lets nobody begin a reply, are told it."""
        if self._model_dir is not None:
            plan = compact.in_ascii(plan)
            try:
                compact.opening(plan)
            except ValueError as error:
                raise PolicyError(f"The plan cannot be read: {error}.") from error
        yield from self._checked_reply(task, history, plan, stop)

    def _checked_reply(self, task: Task, history: History, plan: str,
                       stop: StopSignal) -> Iterator[Delta | Proposal]:
        """A reply to a task that the model has words for, asked for once more where an embedded server died."""
        if self._model_dir is not None and (lack := lack_of_words(self._model_dir, task.circuit, task.specs)):
            raise PolicyError(f"The checkpoint {self.name} has no words for {lack} of {task.circuit.name}: choose "
                              "another policy.")
        try:
            yield from self._reply(task, history, plan, stop)
        except LostReplyError:
            if not self._moves:
                raise
            yield Delta("", "again")
            yield from self._reply(task, history, plan, stop)

    def prepare(self) -> None:
        """Start or find the server and load client and tokenizer, so that the first reply does not wait for them."""
        base_url = self._base_url().rstrip("/")
        with self._explained(base_url):
            self._server(base_url)
        if self._model_dir is not None:
            self._encode("")

    def _reply(self, task: Task, history: History, plan: str, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """One reply, read to its end or until nothing that follows can change what it means; ``plan`` may be empty."""
        base_url = self._base_url().rstrip("/")
        reader, draft, complete = ReplyReader(), Draft(task.circuit, self._reply_characters), False
        written = Written(self._wording(task), () if self._model_dir is None else self._numbers(history))
        if plan and self._model_dir is not None:
            opening = compact.opening(plan)
            draft.add(Delta(opening))
            yield Delta(opening)
        stream = StreamThread(lambda thread: self._open(base_url, task, history, plan, thread))
        with contextlib.closing(stream), self._explained(base_url):
            for item in stream.items(stop):
                if item is DONE:
                    complete = True
                    break
                for delta in [item] if isinstance(item, Delta) else reader.feed(item):
                    delta = written.read(delta)
                    draft.add(delta)
                    yield delta
                if draft.settled(self._model_dir is not None or reader.thought):
                    complete = True
                    break
            rest = [written.read(delta) for delta in reader.finish()] + [Delta(written.finish())]
            for delta in filter(lambda delta: delta.text, rest):
                draft.add(delta)
                yield delta
            if not stop.is_set():
                _expect_whole(complete or reader.reason is not None, draft)
        yield draft.proposal(reader)

    def _open(self, base_url: str, task: Task, history: History, plan: str, thread: StreamThread) -> Iterator[dict]:
        """The chunks of what the server writes for the next turn, after ``plan``."""
        server = self._server(base_url)
        if not server.lists(self.model):
            shown = ", ".join(server.models[:8]) + (" ..." if len(server.models) > 8 else "")
            thread.notify(f"The model server lists no model {self.model!r} (it lists {shown}): asking for it anyway.")
        shown = latest_turn(history) if self._latest_only else history
        request = {"model": self.model, "stream": True, "temperature": self.temperature, "top_p": 1.0,
                   "seed": _seed(task, history), **self._fields(server.kind, task, bool(plan))}
        if self._model_dir is None:
            path, tools = "chat/completions", not self._constrained
            told = chat.messages(task, shown, tools, plan, self._notes(task, history) if self._notes else "")
            request |= {"messages": told, "max_tokens": self._reply_tokens}
            request |= {"tools": chat.tools(task.circuit)} if tools else {}
        else:
            words = self._wording(task).in_words(compact.as_in_prompt(self._numbers(history), plan))
            opening = compact.opening(words) if plan else ""
            prompt = compact.render(task, shown, self._prompt) + opening
            path = "completions"
            request |= {"prompt": self._encode(prompt), "logprobs": 1, "max_tokens": COMPACT_REPLY_TOKENS}
        return server.stream(path, request, thread.connection, thread.pause, thread.notify)

    def _numbers(self, history: History) -> tuple[int, ...]:
        """Of the turns that a checkpoint is shown."""
        return compact.numbers(history[-1:] if self._latest_only else history)

    @contextlib.contextmanager
    def _explained(self, base_url: str) -> Iterator[None]:
        """Turn whatever goes wrong with a server into a PolicyError, and ask anew what it is next time."""
        try:
            yield
        except PolicyError:
            raise
        except Exception as error:
            with self._lock:
                server = self._servers.pop(base_url, None)
            lost = isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException)
            kind = LostReplyError if lost else PolicyError
            raise kind(_explain(error, base_url, self.model, server.models if server else [])) from error

    def _fields(self, kind: ServerKind, task: Task, planned: bool) -> dict[str, object]:
        """What only this kind of server understands. Their own sampling defaults differ, so all are given."""
        if kind == "other":
            return {}
        fields: dict[str, object] = {"top_k": 0, "min_p": 0.0}
        if kind == "vllm" and self._model_dir is not None:
            fields |= {"return_token_ids": True, "add_special_tokens": False}
        if kind == "llama.cpp":
            fields |= {"cache_prompt": True}
        if self._constrained:
            own = self._wording(task).task(task)
            rules = grammar(own.circuit, planned, own.limits)
            fields |= {"grammar": rules} if kind == "llama.cpp" else {"structured_outputs": {"grammar": rules}}
        return fields

    def _wording(self, task: Task) -> Wording:
        """The words that it reads and writes of a circuit; a general model knows the names."""
        return wording(task.circuit, FIRST if self._model_dir is None else self._prompt)

    def _server(self, base_url: str) -> ModelServer:
        """The server at this address; asked once what it is."""
        with self._lock:
            if base_url in self._servers:
                return self._servers[base_url]
        server = ModelServer(base_url, self._api_key, self._timeout)
        with self._lock:
            return self._servers.setdefault(base_url, server)

    def _encode(self, text: str) -> list[int]:
        from sizing_app.prompt.tokenizer import encode, load_tokenizer
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = load_tokenizer(self._model_dir)
        return encode(self._tokenizer, text)


def _expect_whole(complete: bool, draft: Draft) -> None:
    """A reply that got lost on its way is no turn."""
    if draft.empty and complete:
        raise BrokenReplyError("it holds no text, thoughts or call that can be read")
    if not complete and not draft.acts:
        raise BrokenReplyError("it ended before it was complete")


def _seed(task: Task, history: History) -> int:
    """One seed for every turn of every task seed, below 2^31."""
    return (task.seed * 1_000_003 + history[-1].index + 1) % 2**31


def _explain(error: Exception, base_url: str, model: str, models: list[str]) -> str:
    """A sentence for a person: what went wrong at which server, and what to do."""
    server = f"The model server at {base_url}"
    if isinstance(error, httpx.ConnectError):
        return f"{server} cannot be reached. Start it, or give the address of a running one with --base-url."
    if isinstance(error, httpx.TimeoutException):
        return f"{server} did not answer in time. Is it overloaded, or still loading its model? Try again."
    if isinstance(error, NoModelServerError):
        return (f"{base_url} answers with a page or text: that is no model server. Does the address end in /v1? Does "
                "it ask for a login?")
    if isinstance(error, RefusedError) and error.status in (401, 403):
        return f"{server} refused the API key ({error}). Set OPENAI_API_KEY to one that it accepts."
    if isinstance(error, RefusedError) and error.status == 404:
        shown = f" It lists {', '.join(models[:8])}{' ...' if len(models) > 8 else ''}." if models else ""
        return (f"{server} knows no model {model!r} or no such endpoint ({error}). Check --model, and that --base-url "
                f"ends in /v1.{shown}")
    if isinstance(error, RefusedError) and error.status == 200:
        return f"{server} broke off its reply with an error ({error}). Try again."
    if isinstance(error, RefusedError):
        busy = error.status == 429 or error.status >= 500
        advice = "Try again later." if busy else "Check --model and the length of its context."
        return f"{server} answered with HTTP status {error.status} ({error}). {advice}"
    if isinstance(error, BrokenReplyError):
        return f"{server} broke off its reply, or it cannot be read: {error}. Try again."
    text = " ".join(str(error).split())[:200]
    return f"{server} broke off its reply ({type(error).__name__}: {text}). Is it still running? Try again."
