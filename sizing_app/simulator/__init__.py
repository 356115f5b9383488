"""The circuit simulator: ngspice in worker processes, typed results, nothing kept between two evaluations."""

import os

from sizing_app.errors import SimulatorError
from sizing_app.simulator.inspection import Inspector
from sizing_app.simulator.pool import DEADLINE, SimulatorPool

__all__ = ["SimulatorPool", "make_simulator"]


def make_simulator(where: str = "local", seats: int | None = None, deadline: float = DEADLINE,
                   trusted: bool = False) -> Inspector:
    """``where``: "local": processes of this machine; "ray": Ray, started here; "auto", "ray://HOST:PORT": a running
    cluster. ``seats``: jobs at the same time; as many as there are cores by default, and never more. Raises
    SimulatorError where there is no cluster, or no free core of it."""
    if where == "local":
        cores = os.cpu_count() or 1
        return SimulatorPool(min(seats or cores, cores), deadline, trusted)
    try:
        from sizing_app.simulator.ray_pool import RayPool
    except ImportError as error:
        raise SimulatorError(f"--simulator {where} needs Ray: pip install -r requirements-ray.txt ({error})") from None
    try:
        return RayPool(seats, deadline, trusted, None if where == "ray" else where)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise SimulatorError(f"--simulator {where}: no Ray cluster that simulates ({said})") from None
