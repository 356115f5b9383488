"""Who may come in, and with how much: host names, origins, passwords, the size of what is sent.

One ASGI layer around everything that is served: pages, API, live streams, exports and MCP.
"""

import asyncio
import base64
import binascii
import os
import secrets
from collections.abc import Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sizing_app.process import LOOPBACK
from sizing_app.session.file import MAX_BYTES

MOST_SENT = 1_000_000
"""Bytes of a request that uploads no file."""
MOST_UPLOADED = MAX_BYTES + 10_000
"""Bytes of a request that uploads one, with its wrapping."""
UPLOADS = 4
"""Requests that may upload at once."""
UPLOAD_LIMIT = 120.0
"""Seconds that an upload may take, so that slow ones keep others out for so long at most."""
KEPT_UPLOADS = 100_000_000
"""Bytes of uploaded files that are kept; an import has read its file long before it goes."""
UPLOAD = "/gradio_api/upload"
NAME = "x-sizing-user"
"""The header that says inside who was let in; what comes from outside under it is dropped."""


@dataclass(frozen=True)
class Access:
    """``hosts``: names that requests may be addressed to, None for any. ``own``: names of this server as browsers see
    it from outside, where a proxy in front replaces the Host header. ``users``: name to password; empty lets all in.
    ``relay``: the one of them that is this server itself, which passes on what others ask for (MCP)."""

    hosts: Set[str] | None = None
    own: Set[str] = frozenset()
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    relay: str = ""


def access(host: str, names: Set[str], users: Mapping[str, str], relay: str = "") -> Access:
    """For a server that listens on ``host``: bound to loopback it answers to loopback names and ``names`` alone, so
    that no page can reach it under a name of its own (DNS rebinding); elsewhere to ``names``, or to any if empty."""
    names = frozenset(name.lower() for name in names)
    known = names | {host.lower().strip("[]"), *LOOPBACK}
    return Access(known if names or is_loopback(host) else None, names, users, relay)


def is_loopback(host: str) -> bool:
    return host.lower().strip("[]") in LOOPBACK or host.startswith("127.")


def reachable(host: str) -> str:
    """Where a server that listens on ``host`` is reached from its own machine, as it stands in an address."""
    name = host.strip("[]")
    known = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    return f"[{known}]" if ":" in known else known


def signed_in(headers: Mapping[str, str]) -> str:
    """The name that the sender of a request inside the doors came in by; empty where nobody is asked for one."""
    return unquote(headers.get(NAME, ""))


def user(headers: Mapping[str, str]) -> tuple[str, str]:
    """Name and password of an Authorization header (RFC 7617); empty where there is none that can be read."""
    kind, _, code = headers.get("authorization", "").partition(" ")
    try:
        text = base64.b64decode(code, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    name, _, password = text.partition(":")
    return name, password


class Doors:
    """The layer around ``app``. ``uploads`` is the folder that Gradio puts uploaded files into."""

    def __init__(self, app: ASGIApp, access: Access, uploads: Path):
        self._app, self._access, self._uploads = app, access, uploads
        self._uploading = asyncio.Semaphore(UPLOADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif (refusal := self._refusal(Headers(scope=scope), scope)) is not None:
            await refusal(scope, receive, send)
        elif _uploads(scope):
            async with self._uploading:
                await self._upload(scope, receive, send)
                await asyncio.to_thread(trim, self._uploads, KEPT_UPLOADS)
        else:
            await self._app(self._checked(scope), receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            async with asyncio.timeout(UPLOAD_LIMIT):
                await self._app(self._checked(scope), receive, noted)
        except TimeoutError:
            if not answered:
                late = _refuse(408, f"The upload took too long: at most {UPLOAD_LIMIT:g} s are waited for.")
                await late(scope, receive, send)

    def _checked(self, scope: Scope) -> Scope:
        """With the name of who was let in, and no other. Without passwords a name proves nothing, so that it makes
        nobody another visitor. The relay says for whom it asks, or for nobody."""
        name = user(Headers(scope=scope))[0] if self._access.users else ""
        if name and name == self._access.relay:
            return scope
        dropped = (NAME.encode(),) if self._access.users else (NAME.encode(), b"authorization")
        headers = [pair for pair in scope["headers"] if pair[0] not in dropped]
        return {**scope, "headers": [*headers, *([(NAME.encode(), quote(name).encode())] if name else [])]}

    def _refusal(self, headers: Headers, scope: Scope) -> PlainTextResponse | None:
        """What is answered to a request that may not come in; None to all others."""
        host, origin, most = headers.get("host", ""), headers.get("origin"), _most_bytes(scope)
        name = _name(host)
        if self._access.hosts is not None and name not in self._access.hosts:
            return _refuse(421, f"This server does not answer to the name {name!r}; whoever runs it can allow a name "
                                "with --allow-host NAME.")
        if origin is not None and not self._own(urlsplit(origin).netloc, host):
            return _refuse(403, "Requests from pages of other sites are refused; behind a proxy, start the server with "
                                "--allow-host NAME, the name in the address bar.")
        if self._access.users and not self._knows(*user(headers)):
            return _refuse(401, "A name and a password are needed.", {"WWW-Authenticate": 'Basic realm="sizing"'})
        if "transfer-encoding" in headers:
            return _refuse(411, "Requests must state their Content-Length.")
        if int(headers.get("content-length") or 0) > most:
            return _refuse(413, f"Too much was sent: at most {most / 1e6:g} MB are read.")
        return None

    def _own(self, origin: str, host: str) -> bool:
        return origin == host or _name(origin) in self._access.own

    def _knows(self, name: str, password: str) -> bool:
        expected = self._access.users.get(name, "")
        return secrets.compare_digest(expected.encode(), password.encode()) and bool(expected)


def trim(folder: Path, most: int) -> None:
    """Delete the oldest files below ``folder`` until at most ``most`` bytes are left."""
    files = sorted(_stated(folder), key=lambda entry: entry[0].st_mtime)
    total = sum(status.st_size for status, _ in files)
    for status, path in files:
        if total <= most:
            return
        path.unlink(missing_ok=True)
        total -= status.st_size


def _stated(folder: Path) -> Iterator[tuple[os.stat_result, Path]]:
    """Each file below ``folder`` with its size and age; some may go meanwhile."""
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with suppress(FileNotFoundError):
                yield path.stat(), path


def _uploads(scope: Scope) -> bool:
    return scope["path"].rstrip("/") == UPLOAD


def _most_bytes(scope: Scope) -> int:
    return MOST_UPLOADED if _uploads(scope) else MOST_SENT


def _name(host: str) -> str:
    """The name in NAME, NAME:PORT or [ADDRESS]:PORT."""
    return (urlsplit(f"//{host}").hostname or "").lower() if host else ""


def _refuse(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> PlainTextResponse:
    return PlainTextResponse(f"{sentence}\n", status, {"Connection": "close", **(headers or {})})
