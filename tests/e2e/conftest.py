"""A real server process on a free port with a database of its own, and a real Chromium."""

import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from sizing_app.store import SessionStore
from tests.e2e.model_server import ModelServer
from tests.launcher import LaunchedApp, Launcher

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SHOWN = ", ".join(("#specs input", "#race-specs input", "#session-table table", "#replay-header .status",
                   "#compare table", "#circuit-page", "#own-read", "#model-page"))
"""One of these is there once a page is up."""
LEFT = ("AbortError: signal is aborted", "Connection errored out.", "Unexpected error Connection errored out.")
"""What Gradio's client says when a page is left while it waits for an answer."""
PATIENCE = 60_000
"""Milliseconds that a busy machine may need for one step."""


@dataclass(frozen=True)
class App:
    url: str
    store: SessionStore
    process: LaunchedApp


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.shutdown()


@pytest.fixture(autouse=True)
def model(model_server) -> Iterator[ModelServer]:
    """The scripted model; what a test leaves running ends with it."""
    yield model_server
    model_server.drain()


@pytest.fixture(scope="session")
def app(launcher, tmp_path_factory, model_server) -> Iterator[App]:
    """The app with the scripted model server."""
    yield from serve(launcher, tmp_path_factory.mktemp("app"), "--base-url", model_server.url, "--model", "scripted")


@pytest.fixture(scope="session")
def plain_app(launcher, tmp_path_factory) -> Iterator[App]:
    """The app as `make run` starts it, with the shipped checkpoint."""
    yield from serve(launcher, tmp_path_factory.mktemp("plain"))


def serve(launcher: Launcher, folder: Path, *options: str, port: int = 0) -> Iterator[App]:
    """A server process, until the generator is closed. The database in ``folder`` stays."""
    database, port = f"sqlite:///{folder}/sessions.db", port or free_port()
    log, url = folder / "server.log", f"http://127.0.0.1:{port}"
    server = launcher.start(["--port", str(port), "--database", database, *options], folder, log)
    try:
        wait_until_up(url, server, log)
        store = SessionStore(database)
        yield App(url, store, server)
        store.close()
    finally:
        server.terminate()
        server.wait(PATIENCE / 1000)


@pytest.fixture(scope="session")
def context(tmp_path_factory) -> Iterator[BrowserContext]:
    """One for all tests, with a profile on the disk: only there does Chromium keep the code that it has compiled, and
    without it every page costs twice the time."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=CHROMIUM, args=["--no-sandbox"])
        context.set_default_timeout(PATIENCE)
        yield context
        context.close()


@pytest.fixture
def open_page(context) -> Iterator:
    """Opens pages that nobody has used; no console error but LEFT, and no request elsewhere, is excused."""
    pages, problems = [], []

    def open_page(app: App, path: str = "/", width: int = 1440, height: int = 900, colors: str = "light") -> Page:
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=colors)
        page.on("console", lambda message: problems.append(message.text)
                if message.type == "error" and not message.text.startswith(LEFT) else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith((app.url, "data:", "blob:"))
                else problems.append(f"request to {request.url}"))
        page.goto(app.url + path)
        expect(page.locator("#start, #back").first).to_be_attached()
        expect(page.locator(SHOWN).filter(visible=True).first).to_be_visible()
        return page

    yield open_page
    for page in pages:
        if not page.is_closed():
            page.evaluate("localStorage.clear()")
            page.close()
    assert problems == []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(url: str, server: LaunchedApp, log: Path, seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server did not come up:\n{log.read_text()}")
