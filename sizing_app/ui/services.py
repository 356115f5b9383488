"""What the pages need of the rest: start a session, stop it, and see it grow."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from sizing_app.checks import Checks
from sizing_app.circuit.catalog import Catalog
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.errors import PolicyError
from sizing_app.hub import Hub, watch
from sizing_app.policy import (DEFAULT_POLICY, POLICIES, can_recall, can_size, check_can_size,
                                lack_of, served, trained_on)
from sizing_app.policy.default import default_policy
from sizing_app.policy.designs import initial_design
from sizing_app.policy.plans import read_plan, takes_plans
from sizing_app.session.control import Control
from sizing_app.session.events import SessionState, fold
from sizing_app.session.loop import run_session, sample_group
from sizing_app.session.turn import initial_turn
from sizing_app.simulator.inspection import Inspector, OperatingPoint, Waveforms
from sizing_app.simulator.shared import Shared, Stopped
from sizing_app.store import SessionStore, record
from sizing_app.store.circuits import StoredCatalog
from sizing_app.task.definition import Task
from sizing_app.task.limits import within_limits
from sizing_app.task.protocols import Policy
from sizing_app.task.turn import GivenPlan, History
from sizing_app.ui.visitors import Room, Shares, signed_in

log = logging.getLogger(__name__)
BUDGET = 5
"""Simulations of a session unless somebody says otherwise."""
PATIENCE = 10.0
"""Seconds without news after which a follower is asked whether it is still there."""


def policy_titles(chat: bool) -> dict[str, str]:
    """Name to title of the policies on offer; with ``chat``, those of the model of another server come first."""
    return {name: POLICIES[name].title for name in sorted(POLICIES, key=served, reverse=True)
            if POLICIES[name].offered or (chat and served(name))}


def reads_hints(name: str) -> bool:
    """Whether a policy is asked in words, so that a hint stands in every prompt."""
    return name in POLICIES and POLICIES[name].kind == "chat"


def begins_with_hints(name: str) -> bool:
    """Whether a hint is the plan of a policy's first turn (session/proposing.py)."""
    return takes_plans(name) and not reads_hints(name)


def searches(name: str) -> bool:
    """Whether a policy searches the ranges of the circuit that it is given."""
    return name in POLICIES and POLICIES[name].kind == "search"


def reads_ranges(name: str) -> bool:
    """Whether a policy knows of narrowed ranges; what others propose is held to them. A grammar keeps checkpoints to
    them."""
    return searches(name) or takes_plans(name)


@dataclass(frozen=True)
class Services:
    shipped: Mapping[str, Circuit]
    """Circuits by name and key that are there for all: circuit/catalog.py."""
    store: SessionStore
    hub: Hub
    simulator: Inspector
    make_policy: Callable[..., Policy]
    """By its name; what is given besides stands in place of the app's own settings (policy.PolicySettings)."""
    policies: Mapping[str, str]
    """Name to title, the default first."""
    default_circuit: str
    notice: str = ""
    """What people who import sessions are told of this system."""
    shares: Shares = field(default_factory=Shares)
    checks: Checks = field(default_factory=Checks)
    named: bool = False
    """Whether people come in by name, so that what they save is theirs."""

    @property
    def circuits(self) -> Catalog:
        """What the person whose request this is called for may size, by name and key."""
        return self.circuits_of(signed_in())

    @property
    def own(self) -> StoredCatalog:
        """What that person saved, and what of others they see."""
        return self.own_of(signed_in())

    def circuits_of(self, person: str) -> Catalog:
        return Catalog(self.shipped, self.own_of(person))

    def own_of(self, person: str) -> StoredCatalog:
        return self.store.circuits.seen_by(person) if self.named else self.store.circuits

    def policies_for(self, circuit: str, budget: int | None = None) -> list[tuple[str, str]]:
        """(title, name) of the policies that can size a circuit, the default for so many simulations first; None: for
        as many as suit the circuit. None of a circuit that is not among those of who asks."""
        found = self.circuits.get(circuit)
        if found is None:
            return []
        able = [(title, name) for name, title in self.policies.items() if can_size(name, found)]
        first = "chat" if "chat" in self.policies else default_policy(found, [name for _, name in able], budget)
        return sorted(able, key=lambda policy: policy[1] != first)

    def not_offered(self, circuit: str) -> str:
        """A sentence where the model that most people begin with cannot size a circuit: what it lacks."""
        lack = lack_of(DEFAULT_POLICY, self.circuits[circuit]) if DEFAULT_POLICY in self.policies else ""
        return f"{self.policies[DEFAULT_POLICY]} is not offered here: {lack}." if lack else ""

    def untrained(self, policy: str, circuit: str) -> str:
        """A sentence where a checkpoint was trained on other circuits; empty for what is no checkpoint."""
        names, name = trained_on(policy), self.circuits[circuit].name
        return f"It was not trained on {name}, only on {', '.join(names)}: for others a search is the better choice." \
            if names and name not in names else ""

    def remembering(self, task: Task, policy_name: str) -> Task:
        """The task with the stored sessions that a policy which can begins with."""
        return replace(task, earlier=self.store.memory.sessions(task)) if can_recall(policy_name) else task

    def start(self, task: Task, policy_name: str, history: History = (), parent: str | None = None,
              parent_turn: int | None = None, review: bool = False, plan: GivenPlan | None = None) -> str:
        """Run a session in a thread of its own; returns its id. Raises PolicyError or StoreError.

        With ``history`` it goes on from there; up to ``parent_turn`` that is the history of the session ``parent``.
        Without, ``parent`` is the session whose best design it starts from. ``plan`` is for the first new turn.
        """
        policy = self.policy(policy_name, task)
        if not history:
            _check_hint(policy_name, task)
        with self.admitted() as room:
            session_id = self.store.create(task, policy.name, parent, parent_turn=parent_turn)
            self._run(session_id, task, policy, room, history, review, plan)
        return session_id

    def extend(self, task: Task, wishes: Task, policy_name: str, history: History, further: int, parent: str) -> str:
        """Continue the session ``parent`` of ``task`` for ``further`` simulations, with limits, hint and goal of
        ``wishes``; returns the new session's id. Raises as ``start``."""
        spent = sum(1 for turn in history if turn.index > 0)
        new_hint = wishes.hint and wishes.hint != task.hint and begins_with_hints(policy_name)
        plan = GivenPlan(read_plan(policy_name, wishes.hint)) if new_hint else None
        task = replace(task, budget=spent + further, limits=wishes.limits, hint=wishes.hint, goal=wishes.goal)
        return self.start(task, policy_name, history, parent, history[-1].index, plan=plan)

    def policy(self, name: str, task: Task, **settings) -> Policy:
        """The policy called ``name`` for this task; one that searches ranges is given the narrowed ones. Raises
        PolicyError where it cannot size the circuit."""
        check_can_size(name, task)
        recall = {"recall": self.store.memory.recall} if task.earlier else {}
        policy = self.make_policy(name, **settings, **recall)
        return within_limits(policy) if task.limits and searches(name) else policy

    def start_race(self, task: Task, policy_names: Sequence[str]) -> list[str]:
        """Run a session of the same task with each policy, all at once; returns their ids. Raises as ``start``."""
        policies = [self.policy(name, task) for name in policy_names]
        for name in policy_names:
            _check_hint(name, task)
        with self.admitted(len(policies)) as room:
            ids = [self.store.create(task, policy.name, source="race") for policy in policies]
            for session_id, policy in zip(ids, policies, strict=True):
                self._run(session_id, task, policy, room)
        return ids

    def admitted(self, wanted: int = 1, check: bool = False) -> AbstractContextManager[Room]:
        """Within, room is kept for so many sessions or groups, or checks, that the visitor starts. Raises PolicyError
        where the visitor, or all together, have enough running."""
        return self.shares.room(lambda: [*self.hub.running(), *self.checks.running()], wanted, check)

    @contextmanager
    def check(self) -> Iterator[Shared]:
        """A simulator for a check that its caller waits for: it counts among the visitor's checks. Raises PolicyError
        as ``admitted``, and where the check is stopped."""
        with self.admitted(check=True) as room, self.checks.waited_for(self.simulator) as (id, simulator):
            self.shares.note(id, room)
            try:
                yield simulator
            except Stopped:
                raise PolicyError("The check was stopped.") from None

    def run(self, id: str, events: Iterator, stop: Control | threading.Event, room: Room) -> None:
        """Draw the events of a session or group in the hub; it takes a place of ``room``."""
        self.hub.start(id, events, stop)
        self.shares.note(id, room)

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

    def state(self, session_id: str) -> SessionState:
        """The session as it stands. Raises StoreError if there is none."""
        return next(self.states(session_id))

    def control(self, session_id: str) -> Control | None:
        """What a person does to a session that runs in this process; None for any other."""
        control = self.hub.control(session_id)
        return control if isinstance(control, Control) else None

    def _run(self, session_id: str, task: Task, policy: Policy, room: Room, history: History = (),
             review: bool = False, plan: GivenPlan | None = None) -> None:
        stop = Control(review)
        simulator = Shared(self.simulator, stop)
        events = record(self.store, session_id, run_session(task, policy, simulator, stop, history, plan))
        self.run(session_id, events, stop, room)


def _check_hint(policy_name: str, task: Task) -> None:
    """Raise PolicyError for a hint that is a policy's first plan and that it cannot read."""
    if task.hint and begins_with_hints(policy_name):
        read_plan(policy_name, task.hint)
