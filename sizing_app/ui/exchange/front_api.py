"""Fronts for programs: what one metric costs in another. The endpoint beside those of api.py."""

from collections.abc import Iterator
from typing import Any

from sizing_app.evaluate.front_documents import front_document
from sizing_app.policy.designs import initial_design
from sizing_app.task.definition import Task
from sizing_app.task.validation import MAX_SEED, check_task
from sizing_app.ui.exchange.api_inputs import (read_circuit, read_conditions, read_count, read_parameters, read_specs,
                                               read_text)
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked_front import DESIGNS, POINTS, FrontWishes, front_of, read_front


class FrontApi:
    """The endpoint; NAMES says how many calls may be served at once."""

    NAMES = {"front": 2}

    def __init__(self, services: Services):
        self.services = services

    def front(self, circuit: str, sweep: str, against: str, points: int = POINTS, designs: int = DESIGNS, low: str = "",
              high: str = "", specs: dict[str, Any] | None = None, conditions: dict[str, Any] | None = None,
              initial: dict[str, Any] | None = None, seed: int = 0) -> Iterator[dict[str, Any]]:
        """What one metric costs in another: for each bound of a spec a stored session meets all specs, then pushes the
        other metric. Streamed after each bound: its sessions, and the designs that no other one beats in both metrics.
        Sessions that are stored already are not run again.

        Args:
            circuit: name of a circuit, or its key
            sweep: the metric whose spec, which has one bound, is swept
            against: the metric that is pushed at each bound, the way its spec wants it
            points: bounds of the sweep, 2 to 20
            designs: of each session, 1 to 1000
            low: one end of the sweep, such as "10meg"; half of the bound if both ends are left out
            high: the other end; twice the bound
            specs: metric to {"low": value, "high": value} or one of them; the default specs if left out
            conditions: any of corner, temperature, supply, load; nominal if left out
            initial: starting values of some or all parameters; the rest is random by seed
            seed: seeds the initial design and the search
        """
        found, number = read_circuit(self.services.circuits, circuit), read_count(seed, "seed", 0, MAX_SEED)
        for name, text in (("sweep", sweep), ("against", against), ("low", low), ("high", high)):
            read_text(text, name)
        base = Task(found, read_specs(found, specs), read_conditions(found, conditions),
                    read_parameters(found, initial or {}, initial_design(found, number)), seed=number)
        asked = read_front(base, FrontWishes(sweep, against, points, designs, low, high))
        check_task(asked.task(asked.bounds[0]))
        with self.services.check() as simulator:
            for front in front_of(self.services, asked, simulator):
                yield front_document(front)
