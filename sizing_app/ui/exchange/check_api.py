"""What a design is checked for, for programs: corners, random variation, sensitivity. Endpoints beside those of api.py.

Each call simulates while it is answered, in turn with everybody else, and counts among the checks of who calls, who can
stop it meanwhile; nothing is stored. The datasheet and the package of a session come from export_session.
"""

from typing import Any

from sizing_app.circuit.variation import SEED, first_sample
from sizing_app.evaluate.signoff import Design, check_corners, check_samples, check_sensitivity
from sizing_app.evaluate.signoff_documents import corners_document, samples_document, sensitivity_document
from sizing_app.task.validation import MAX_SEED
from sizing_app.ui.exchange.api_inputs import (read_assumed, read_circuit, read_conditions, read_count, read_parameters,
                                               read_specs, read_text)
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked import MOST_SAMPLES, SAMPLES


class CheckApi:
    """The endpoints; NAMES says how many calls of each may be served at once."""

    NAMES = {"check_corners": 2, "monte_carlo": 2, "sensitivity": 2, "running_checks": 20, "stop_check": 20}

    def __init__(self, services: Services):
        self.services = services

    def check_corners(self, circuit: str, parameters: dict[str, Any], specs: dict[str, Any] | None = None,
                      conditions: dict[str, Any] | None = None) -> dict[str, Any]:
        """Simulate a design at all corners, temperatures and supplies of its circuit: each condition with its metrics,
        and the worst value of each spec with its place.

        Args:
            circuit: name of a circuit, or its key
            parameters: every parameter with its value, a number in SI units or a text such as "4.7u"
            specs: metric to {"low": value, "high": value} or one of them; the default specs if left out
            conditions: any of corner, temperature, supply, load: the nominal ones, first of the list
        """
        design = self._design(circuit, parameters, conditions)
        targets = read_specs(design.circuit, specs)
        with self.services.check() as simulator:
            return corners_document(design, targets, check_corners(design, simulator))

    def monte_carlo(self, circuit: str, parameters: dict[str, Any], specs: dict[str, Any] | None = None,
                    conditions: dict[str, Any] | None = None, samples: int = SAMPLES, seed: int = SEED,
                    mismatch_only: bool = False, pelgrom: str = "") -> dict[str, Any]:
        """Simulate random samples of a design: the yield of each spec and of all with 95% intervals, mean, sigma, and
        every sample.

        Args:
            circuit: name of a circuit, or its key
            parameters: every parameter with its value, a number in SI units or a text such as "4.7u"
            specs: metric to {"low": value, "high": value} or one of them; the default specs if left out
            conditions: any of corner, temperature, supply, load; nominal if left out
            samples: 2 to 2000
            seed: of the samples, which are the same for every design
            mismatch_only: leave the process nominal where the foundry says how it varies
            pelgrom: coefficients to assume, A_VT in mV um and A_beta in % um, such as "3,1"; the foundry's if left out
        """
        design = self._design(circuit, parameters, conditions)
        targets, count = read_specs(design.circuit, specs), read_count(samples, "samples", 2, MOST_SAMPLES)
        draw = first_sample(design.circuit, design.conditions, read_count(seed, "seed", 0, MAX_SEED),
                            read_assumed(pelgrom), process=not mismatch_only)
        with self.services.check() as simulator:
            return samples_document(design, targets, check_samples(design, draw, count, simulator))

    def sensitivity(self, circuit: str, parameters: dict[str, Any], conditions: dict[str, Any] | None = None,
                    pelgrom: str = "") -> dict[str, Any]:
        """What each parameter changes in each metric, one at a time, and each device's share of the spread by mismatch;
        "mismatch_missing" says why there are no shares, "why" of a metric why its sigma is null; where it is "signed",
        the metric is a magnitude |x| and sigma that of x.

        Args:
            circuit: name of a circuit, or its key
            parameters: every parameter with its value, a number in SI units or a text such as "4.7u"
            conditions: any of corner, temperature, supply, load; nominal if left out
            pelgrom: coefficients to assume, A_VT in mV um and A_beta in % um, such as "3,1"; the foundry's if left out
        """
        design = self._design(circuit, parameters, conditions)
        assumed = read_assumed(pelgrom)
        with self.services.check() as simulator:
            return sensitivity_document(design, check_sensitivity(design, simulator, pelgrom=assumed))

    def running_checks(self) -> list[str]:
        """Ids of your checks that run now, the one that was started last at the end: those of calls that simulate while
        they are answered, and those of the pages."""
        return self.services.shares.own(self.services.checks.running())

    def stop_check(self, id: str) -> bool:
        """Stop one of your checks: the call that waits for it ends with an error that says so. Returns false where none
        of yours has this id.

        Args:
            id: of a check, as running_checks gives it
        """
        return read_text(id, "id") in self.running_checks() and self.services.checks.stop_id(id)

    def _design(self, circuit: str, parameters: dict[str, Any], conditions: dict[str, Any] | None) -> Design:
        found = read_circuit(self.services.circuits, circuit)
        return Design(found, read_parameters(found, parameters), read_conditions(found, conditions))
