"""Fixtures that several test files share: the real circuits and one real simulator for each test process."""

import pytest

from sizing_app.circuits import load_circuit
from sizing_app.simulator import SimulatorPool


@pytest.fixture(scope="session")
def simulator():
    """ngspice in one worker process."""
    with SimulatorPool(workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def ota():
    return load_circuit("OTA")


@pytest.fixture(scope="session")
def miller():
    return load_circuit("MILLER")
