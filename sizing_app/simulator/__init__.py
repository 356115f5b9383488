"""The circuit simulator: ngspice in worker processes, typed results, nothing kept between two evaluations."""

from sizing_app.simulator.pool import SimulatorPool

__all__ = ["SimulatorPool"]
