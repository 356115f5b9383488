"""Fixtures that several test files share: the real circuits and one real simulator for each test process."""

import os
from itertools import count

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from sizing_app.circuit.folder import load_circuit
from sizing_app.simulator import SimulatorPool
from sizing_app.store import SessionStore
from tests.launcher import Launcher
from tests.postgresql import cluster, new_database, programs

DATABASES = count()
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Dozens of processes are started here; without bytecode each compiles gradio or torch anew, for half of its time."""
os.environ["OPENBLAS_NUM_THREADS"] = "1"
threadpool_limits(1, user_api="blas")
"""Tests run side by side on small matrices; threads that wait for each other cost four times the work, here and in
the processes that are started."""
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
"""How long an example takes says how busy the machine is."""


@pytest.fixture(scope="session")
def simulator():
    """ngspice in one worker process."""
    with SimulatorPool(workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def launcher():
    """Starts apps; what they load is loaded once for each test process."""
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.fixture(scope="session")
def ota():
    return load_circuit("OTA")


@pytest.fixture(scope="session")
def miller():
    return load_circuit("MILLER")


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server with a database "tables" that has been migrated; the URL of its first database."""
    bin = programs()
    if bin is None and not os.environ.get("CI"):
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    assert bin, "PostgreSQL is missing: apt-get install postgresql"
    with cluster(bin) as server:
        SessionStore(new_database(server, "tables")).close()
        yield server


@pytest.fixture
def empty_postgresql(postgresql):
    """URL of a database without tables."""
    return new_database(postgresql, f"test{next(DATABASES)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """A database of the test's own, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new folder/sessions.db"
    return new_database(request.getfixturevalue("postgresql"), f"test{next(DATABASES)}", "tables")
