"""How soon a page can be used after a reload: ``python -m tests.bench.reload``, in real Chromium.

Usable means that a stored session is shown and Start takes a click. The server is app.py in a process of its own.
"""

import argparse
import os
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, serve
from tests.e2e.stored import a_stored_session
from tests.launcher import Launcher

LIMIT = 2.0
"""Seconds that a reload may take."""
USABLE = """() => document.querySelector("#start:enabled") && document.querySelector("#run-turns article")
    && performance.now() / 1000"""
"""Seconds since the reload, once the page can be used."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10, help="reloads (10)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, closing(Launcher()) as launcher:
        server = serve(launcher, Path(folder))
        app = next(server)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(300_000)
        page.goto(f"{app.url}/?session={a_stored_session(app.store)}")
        page.wait_for_function(USABLE)
        times = []
        for _ in range(chosen.repeats):
            page.reload(wait_until="commit")
            times.append(page.wait_for_function(USABLE).json_value())
        browser.close()
        server.close()
    middle, high = np.percentile(times, (50, 95))
    print(f"seconds until a reloaded page can be used: p50 {middle:.2f}, p95 {high:.2f}, max {max(times):.2f} in "
          f"{len(times)} reloads; load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"limit {LIMIT:g} s: {'kept' if high <= LIMIT else 'NOT KEPT'}")


if __name__ == "__main__":
    main()
