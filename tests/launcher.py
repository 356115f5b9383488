"""Apps for the tests, each in a process of its own, forked from one that has loaded Gradio: most of what a start costs.

``python -m tests.launcher`` is that process. It reads lines of JSON: ``{"start": ...}`` is answered with the process id
of a new app, ``{"wait": pid}`` with its exit code, null while it runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parents[1]


class Launcher:
    """The process that apps are forked from, started with the first of them."""

    def __init__(self):
        self._process, self._lock = None, Lock()

    def start(self, options: list[str], folder: Path, log: Path, **environment: str) -> "LaunchedApp":
        """``app.py`` with ``options`` in ``folder``, as the leader of a process group; what it says goes to ``log``."""
        return LaunchedApp(self, self.ask(start={"options": options, "folder": str(folder), "log": str(log),
                                                 "environment": environment}))

    def ask(self, **question) -> int | None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen([sys.executable, "-m", "tests.launcher"], cwd=ROOT, text=True,
                                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(60)
            self._process.stdout.close()


@dataclass
class LaunchedApp:
    """What ``subprocess.Popen`` is for a child, for a child of the launcher."""

    launcher: Launcher
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.launcher.ask(wait=self.pid)
        return self.returncode

    def wait(self, seconds: float) -> int:
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("app.py", seconds)
            time.sleep(0.05)
        return self.returncode

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def serve_launches() -> list[str] | None:
    """Answer until the input ends: None then, and in a forked process the options of its app. Tests that were killed
    leave no app behind."""
    running: set[int] = set()
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            pid, status = os.waitpid(question["wait"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
            running.discard(pid)
        elif answer := os.fork():
            running.add(answer)
        else:
            return become_an_app(**question["start"])
        print(json.dumps(answer), flush=True)
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    return None


def become_an_app(options: list[str], folder: str, log: str, environment: dict[str, str]) -> list[str]:
    """Nothing of the launcher's input and output, and signals as a terminal has them: a test that runs in the
    background ignores some, and what is ignored stays so."""
    os.setsid()
    os.chdir(folder)
    os.environ.update(environment)
    for number, name in enumerate((os.devnull, log, log)):
        file = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    return options


def main() -> int:
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", MPLBACKEND="agg")
    from sizing_app import cli
    from sizing_app.ui import page, server  # noqa: F401  (they load Gradio)

    options = serve_launches()
    return 0 if options is None else cli.main(["serve", *options])


if __name__ == "__main__":
    sys.exit(main())
