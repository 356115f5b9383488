"""What the pages need of the rest: start a session, stop it, and see it grow."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sizing_app.domain import Circuit, Parameters, Policy, Task
from sizing_app.errors import PolicyError
from sizing_app.events import SessionState, fold
from sizing_app.hub import Hub, watch
from sizing_app.policy import trained_on
from sizing_app.policy.designs import initial_design
from sizing_app.session import initial_turn, run_session, sample_group
from sizing_app.simulator.inspection import Inspector, OperatingPoint, Waveforms
from sizing_app.store import SessionStore, record

log = logging.getLogger(__name__)
TITLES = {"tl-grpo": "TL-GRPO checkpoint", "sft": "SFT checkpoint, before TL-GRPO", "bayes": "Bayesian optimization",
          "random": "Random search", "lookup": "Lookup in simulated designs", "mlp": "MLP regressor"}
"""Policies of the app in the order they are offered."""
PATIENCE = 10.0
"""Seconds without news after which a follower is asked whether it is still there."""


def policy_titles(chat: bool) -> dict[str, str]:
    """Name to title of the policies on offer; with ``chat``, the model of another server comes first."""
    return {"chat": "Model of the server", **TITLES} if chat else TITLES


@dataclass(frozen=True)
class Services:
    circuits: Mapping[str, Circuit]
    store: SessionStore
    hub: Hub
    simulator: Inspector
    make_policy: Callable[[str], Policy]
    policies: Mapping[str, str]
    """Name to title, the default first."""
    default_circuit: str

    def policies_for(self, circuit: str) -> list[tuple[str, str]]:
        """(title, name) of the policies that can size a circuit, the default first."""
        known = {name: trained_on(name) for name in self.policies}
        return [(title, name) for name, title in self.policies.items() if known[name] is None or circuit in known[name]]

    def drawn(self, circuit: Circuit) -> Circuit:
        """A stored circuit with the folder that has its drawing, where it is still the same circuit here."""
        known = self.circuits.get(circuit.name)
        return known if known is not None and known.netlist == circuit.netlist else circuit

    def start(self, task: Task, policy_name: str) -> str:
        """Run a session in a thread of its own; returns its id. Raises PolicyError or StoreError."""
        policy, stop = self.make_policy(policy_name), threading.Event()
        session_id = self.store.create(task, policy.name)
        events = record(self.store, session_id, run_session(task, policy, self.simulator, stop))
        self.hub.start(session_id, events, stop)
        return session_id

    def warm_up(self, policy_name: str) -> None:
        """Take one turn that nobody sees, so that simulator and model server are up before the first session."""
        circuit = self.circuits[self.default_circuit]
        task = Task(circuit, circuit.specs, circuit.conditions.nominal, initial_design(circuit, 0))
        try:
            history = (initial_turn(task, self.simulator),)
            sample_group(task, history, self.make_policy(policy_name), self.simulator, 1)
        except PolicyError as error:
            log.warning("%s", error)

    def inspect(self, task: Task, parameters: Parameters) -> tuple[OperatingPoint, Waveforms]:
        """A design of a task from within; simulates it twice."""
        return (self.simulator.operating_point(task.circuit, parameters, task.conditions),
                self.simulator.waveforms(task.circuit, parameters, task.conditions))

    def states(self, session_id: str) -> Iterator[SessionState]:
        """The session now and after every change until it ends. Raises StoreError if there is none."""
        state = SessionState()
        for _, events in watch(self.hub, self.store, session_id, timeout=PATIENCE):
            state = fold(events, state)
            yield state
