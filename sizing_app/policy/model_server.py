"""What a model server is, which fields of a request it takes, and how long it wants to be left alone.

What it refused is remembered for as long as this process lives, so that only the first request is sent twice.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlparse

from sizing_app.policy.http_stream import (BrokenReplyError, Connection, RefusedError, document, events, open_client,
                                           said)

log = logging.getLogger(__name__)

ServerKind = Literal["llama.cpp", "vllm", "other"]
Pause = Callable[[float], bool]
"""Waits so many seconds; true where the request is no longer wanted."""
Notify = Callable[[str], None]

ATTEMPTS = {429: 6, 500: 3, 502: 3, 503: 6, 504: 3}
"""How often a request is sent that gets this status each time."""
LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more is not waited for."""
_FIRST_WAIT = 0.5
_OWNERS = {"llamacpp": "llama.cpp", "vllm": "vllm"}
_OPTIONAL = {
    "max_tokens": r"\bmax_tokens\b", "max_completion_tokens": r"\bmax_completion_tokens\b",
    "temperature": r"\btemperature\b", "top_p": r"\btop_p\b", "seed": r"\bseed\b", "top_k": r"\btop_k\b",
    "min_p": r"\bmin_p\b", "tools": r"\btools?\b|\btool[_ -]|\bfunction[_ ]call", "stream": r"\bstream(ing)?\b",
}
"""Fields that a reply can do without, and what an error says that is about one of them."""
_refused: dict[tuple[str, str], set[str]] = {}
"""Fields that a model on a server refused."""


class ModelServer:
    """The server at ``base_url``, asked once for its kind and for the names of its models, which are only a hint."""

    def __init__(self, base_url: str, api_key: str | None, timeout: float):
        """Raises httpx's TransportError where it cannot be reached, NoModelServerError where it sends a web page."""
        self._base_url = base_url
        local = urlparse(base_url).hostname in ("127.0.0.1", "localhost", "::1")
        self._client = open_client(api_key, timeout, local)
        self.models, owners = self._listing()
        self.kind: ServerKind = next((_OWNERS[owner] for owner in owners if owner in _OWNERS), "other")
        self._lock = threading.Lock()

    def lists(self, model: str) -> bool:
        """Whether the server names this model, or names none. llama.cpp has one and ignores the name."""
        return self.kind == "llama.cpp" or not self.models or any(_same(name, model) for name in self.models)

    def stream(self, path: str, request: dict, connection: Connection, pause: Pause,
               notify: Notify) -> Iterator[dict]:
        """The chunks of the reply to a request. A field that the server refuses is left out; a busy server is asked
        again after a while, of which ``notify`` gets a sentence. Raises as http_stream.events does."""
        failures = 0
        while True:
            sent = self._without_refused(request)
            try:
                yield from events(self._client, f"{self._base_url}/{path}", sent, connection)
                return
            except RefusedError as error:
                if error.status == 200:
                    raise
                if self._learns(error, sent, request["model"]):
                    continue
                failures += 1
                wait = _wait(error, failures)
                if failures >= ATTEMPTS.get(error.status, 1) or wait > LONGEST_WAIT:
                    raise
                reason = "is busy" if error.status == 429 else f"answered with HTTP status {error.status}"
                notify(f"The model server {reason}: asking again in {wait:.3g} s.")
                if pause(wait):
                    return

    def _without_refused(self, request: dict) -> dict:
        with self._lock:
            refused = set(_refused.get((self._base_url, request["model"]), ()))
        sent = {name: value for name, value in request.items() if name not in refused}
        if "max_tokens" in refused and "max_completion_tokens" not in refused and "max_tokens" in request:
            sent["max_completion_tokens"] = request["max_tokens"]
        return sent

    def _learns(self, error: RefusedError, sent: dict, model: str) -> bool:
        """Whether an error is about fields that can be left out; they are from now on."""
        if error.status not in (400, 422, 500, 501):
            return False
        about = _about(error.body)
        named = {name for name, pattern in _OPTIONAL.items()
                 if name in sent and re.search(pattern, about, re.IGNORECASE)}
        if named > {"max_tokens"} and "max_completion_tokens" in about:
            named = {"max_tokens"}
        if named:
            log.warning("the model server at %s refused %s, which is left out from now on: %s", self._base_url,
                        ", ".join(sorted(named)), error)
            with self._lock:
                _refused.setdefault((self._base_url, model), set()).update(named)
        return bool(named)

    def _listing(self) -> tuple[list[str], list[str]]:
        """Names and owners of the models; none where the server does not list them in a form that can be read."""
        try:
            found = document(self._client, f"{self._base_url}/models")
        except (RefusedError, BrokenReplyError) as error:
            log.warning("the model server at %s does not list its models: %s", self._base_url, error)
            return [], []
        found = found.get("data", found.get("models")) if isinstance(found, dict) else found
        found = found if isinstance(found, list) else []
        entries = [entry if isinstance(entry, dict) else {"id": entry} for entry in found]
        names = [entry.get("id") or entry.get("name") or entry.get("model") for entry in entries]
        return [name for name in names if isinstance(name, str)], [str(entry.get("owned_by")) for entry in entries]


def _same(listed: str, model: str) -> bool:
    """``models/name`` and ``name:latest`` are ``name``, and ``openai/*`` is all that begins so."""
    if listed.endswith("*"):
        return model.startswith(listed[:-1])
    return _plain(listed) == _plain(model)


def _plain(name: str) -> str:
    return name.removeprefix("models/").removesuffix(":latest")


def _about(body: object) -> str:
    """The part of an error that says what it is about; some servers send the whole request back beside it."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict) and isinstance(error.get("param"), str):
        return f"{error['param']} {said(error)}" if "max_completion_tokens" in said(error) else error["param"]
    details = error.get("detail") if isinstance(error, dict) else None
    if isinstance(details, list):
        return " ".join(str(entry.get("loc", "")) for entry in details if isinstance(entry, dict))
    return said(body)


def _wait(error: RefusedError, failures: int) -> float:
    """Seconds until the request is sent again: what the server asks for, else twice as long each time."""
    try:
        return max(0.0, float(error.retry_after))
    except (TypeError, ValueError):
        pass
    try:
        return max(0.0, (parsedate_to_datetime(error.retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return _FIRST_WAIT * 2.0 ** (failures - 1)
