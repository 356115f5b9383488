"""One streamed request to a model server over HTTP. Nothing that comes back is trusted: what is read is bounded, and
another thread can end the request at any moment, also while the server is silent."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import httpx

LINE_BYTES = 1_000_000
REPLY_BYTES = 32_000_000
"""Of all events together: each token is one, of some 300 bytes."""
LISTING_BYTES = 16_000_000
ERROR_BYTES = 64_000
DONE: dict = {}
"""What ``events`` gives where the server says that its reply is complete."""


class RefusedError(Exception):
    """The server answered with an error: ``status`` of HTTP (200 for one within a stream), ``body`` as it was sent."""

    def __init__(self, status: int, body: object, retry_after: str | None = None):
        super().__init__(said(body))
        self.status, self.body, self.retry_after = status, body, retry_after


class NoModelServerError(Exception):
    """The answer is a web page or other text: nothing at this address speaks the API."""


class BrokenReplyError(Exception):
    """The reply is too long, is not JSON, or ended before it was complete."""


class Connection:
    """The socket of one request. ``close`` may be called by any thread, also before the request has begun."""

    def __init__(self):
        self._lock = threading.Lock()
        self._stream, self._closed = None, False

    def trace(self, event: str, info: dict) -> None:
        """httpx's trace extension: tells of every socket that is opened or wrapped in TLS."""
        stream = info.get("return_value")
        if hasattr(stream, "get_extra_info"):
            with self._lock:
                self._stream = stream
                if self._closed:
                    self._shut()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._shut()

    def _shut(self) -> None:
        """Wakes the thread that reads, which a mere close of the socket does not."""
        found = None if self._stream is None else self._stream.get_extra_info("socket")
        if found is not None:
            with contextlib.suppress(OSError):  # it is closed already
                found.shutdown(socket.SHUT_RDWR)


def open_client(api_key: str | None, timeout: float, local: bool) -> httpx.Client:
    """``timeout``: seconds of silence. A ``local`` server is not asked through a proxy. Every request has a connection
    of its own, so that ending it ends nothing else."""
    headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
    return httpx.Client(headers=headers, timeout=httpx.Timeout(timeout, connect=5.0), trust_env=not local,
                        follow_redirects=True, limits=httpx.Limits(max_keepalive_connections=0))


def document(client: httpx.Client, url: str) -> object:
    """The JSON at ``url``. Raises RefusedError, NoModelServerError, BrokenReplyError and httpx's TransportError."""
    with client.stream("GET", url) as response:
        _check(response)
        return _parsed(b"".join(_pieces(response, LISTING_BYTES)).decode(errors="replace"))


def events(client: httpx.Client, url: str, body: dict, connection: Connection) -> Iterator[dict]:
    """The JSON objects of a streamed reply, DONE where the server says so; the one object of a server that does not
    stream. Raises as ``document`` does."""
    with client.stream("POST", url, json=body, extensions={"trace": connection.trace}) as response:
        _check(response)
        yield from _events(_lines(response))


def said(body: object) -> str:
    """What an error's body says, for a person."""
    for name in ("error", "message", "detail"):
        if isinstance(body, dict) and body.get(name):
            return said(body[name])
    text = " ".join((body if isinstance(body, str) else json.dumps(body)).split())
    return text if len(text) <= 200 else text[:197] + "..."


def _check(response: httpx.Response) -> None:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise BrokenReplyError("it is compressed although that was not asked for")
    if response.status_code >= 300:
        text = b"".join(_pieces(response, ERROR_BYTES, cut=True)).decode(errors="replace")
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = text if text and not _is_page(text) else response.reason_phrase
        raise RefusedError(response.status_code, body, response.headers.get("Retry-After"))


def _pieces(response: httpx.Response, most: int, cut: bool = False) -> Iterator[bytes]:
    """The bytes as they come. Beyond ``most``: BrokenReplyError, or the end with ``cut``."""
    total = 0
    for piece in response.iter_raw():
        total += len(piece)
        if total > most and cut:
            return
        if total > most:
            raise BrokenReplyError(f"it is longer than {most / 1e6:g} MB")
        yield piece


def _lines(response: httpx.Response) -> Iterator[str]:
    line = bytearray()
    for piece in _pieces(response, REPLY_BYTES):
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield (bytes(line) + part).decode(errors="replace").rstrip("\r")
            line.clear()
        line += rest
        if len(line) > LINE_BYTES:
            raise BrokenReplyError(f"a line of it is longer than {LINE_BYTES / 1e6:g} MB")
    yield line.decode(errors="replace")


def _events(lines: Iterator[str]) -> Iterator[dict]:
    """Server-sent events with JSON. Lines that belong to none are the body of a server that does not stream."""
    data, body = "", []
    for line in lines:
        if line.startswith("data:"):
            data += line.removeprefix("data:").strip()
            if data == "[DONE]":
                yield DONE
                return
            if (found := _object(data)) is not None:
                data = ""
                yield _unless_error(found)
        elif data and not line.strip():
            raise BrokenReplyError(f"an event is not JSON: {data[:60]!r}")
        elif body or not line.startswith((":", "event:", "id:", "retry:")):
            body.append(line)
    if data:
        raise BrokenReplyError(f"an event is not JSON: {data[:60]!r}")
    if text := "\n".join(body).strip():
        found = _parsed(text)
        if not isinstance(found, dict):
            raise NoModelServerError
        yield _unless_error(found)
        yield DONE


def _unless_error(event: dict) -> dict:
    if event.get("error"):
        raise RefusedError(200, event)
    return event


def _object(text: str) -> dict | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoModelServerError from error


def _is_page(text: str) -> bool:
    return text.lstrip().startswith("<")
