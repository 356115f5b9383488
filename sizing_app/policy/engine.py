"""The embedded model server: llama.cpp (xllamacpp) in a child process, so that a crash of it is only a message."""

import http.client
import json
import logging
import os
import select
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlparse

from sizing_app.errors import PolicyError
from sizing_app.policy.gguf import cached_gguf

log = logging.getLogger(__name__)
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class Engine:
    """An OpenAI-compatible server for one checkpoint; started on first use, and again if it died since.

    ``slots`` requests run in parallel, each with ``context`` tokens (by default what the model was made for). One
    computing thread, because two on a busy machine are several times slower. Safe to be used by several threads.
    """

    def __init__(self, model_dir: str | Path, slots: int = 4, context: int | None = None, threads: int = 1,
                 cache: Path | None = None, start_timeout: float = 60.0):
        self.model_dir = Path(model_dir)
        self._slots, self._context, self._threads, self._cache = slots, context, threads, cache
        self._start_timeout = start_timeout
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._address = ""

    @property
    def base_url(self) -> str:
        """Address of the running server, ending in /v1. Raises PolicyError where it cannot be started."""
        with self._lock:
            if self._process is not None and not self._answers():
                _end(self._process)
                log.warning("the model server of %s ended with code %s; starting it again", self.model_dir.name,
                            self._process.returncode)
                self._process = None
            if self._process is None:
                self._start()
            return f"{self._address}/v1"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def close(self) -> None:
        """Stop the server; a later use starts it again."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _answers(self) -> bool:
        """Whether the server is alive. Asked by HTTP: a dying process still takes connections for a moment."""
        connection = http.client.HTTPConnection(urlparse(self._address).netloc, timeout=5.0)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except TimeoutError:
            pass  # busy
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return self._process.poll() is None

    def _start(self) -> None:
        model = cached_gguf(self.model_dir, self._cache)
        trained = json.loads((self.model_dir / "config.json").read_text())["max_position_embeddings"]
        command = [sys.executable, "-m", "sizing_app.policy.engine_server", str(model), str(self._slots),
                   str(min(self._context or trained, trained)), str(self._threads)]
        paths = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                       env={**os.environ, "PYTHONPATH": paths}, start_new_session=True)
            ready, _, _ = select.select([process.stdout], [], [], self._start_timeout)
            address = process.stdout.readline().decode().strip() if ready else ""
            if not address.startswith("http"):
                _end(process)
                errors.seek(0)
                lines = errors.read().decode(errors="replace").strip().splitlines()
                reason = lines[-1] if lines else f"no answer within {self._start_timeout:g} s"
                raise PolicyError(f"The embedded model server of {self.model_dir} did not start: {reason}")
        self._process, self._address = process, address


def _end(process: subprocess.Popen) -> None:
    """Closing its standard input ends the server; if that does not help within two seconds, it is killed."""
    process.stdin.close()
    try:
        process.wait(2.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
