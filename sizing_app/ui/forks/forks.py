"""Groups of turns for the pages: sample one from a stored history, see it grow, continue one of its turns."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sizing_app.circuit.validation import is_whole
from sizing_app.policy.plans import read_plan
from sizing_app.session.events import fold
from sizing_app.session.forks import ForkError, history_until, with_plan
from sizing_app.session.groups import GroupFinished, GroupStarted, GroupState, fold_group
from sizing_app.session.loop import run_group
from sizing_app.simulator.shared import Shared
from sizing_app.store import SessionSummary, record_group
from sizing_app.task.advantage import TEMPERATURE
from sizing_app.task.validation import MAX_BUDGET
from sizing_app.ui.services import PATIENCE, Services

LEAST_SIZE, SIZE, MOST_SIZE = 2, 8, 16
"""Proposals of a group; 8 is what training uses."""
CUT_OFF = "The program ended before the group was complete."


class Forks:
    """Groups run in the hub, as sessions do."""

    def __init__(self, services: Services):
        self.services = services

    def sample(self, session_id: str, position: object, policy_name: str, size: object) -> str:
        """Sample a group after turn ``position`` in a thread of its own; returns its id.

        Raises ForkError, PolicyError or StoreError.
        """
        if not is_whole(size, LEAST_SIZE, MOST_SIZE):
            raise ForkError(f"Proposals: expected a whole number from {LEAST_SIZE} to {MOST_SIZE}.")
        state = fold(self.services.store.events(session_id))
        history = history_until(state, position)
        policy = self.services.policy(policy_name, state.task, temperature=TEMPERATURE)
        stop, book = threading.Event(), self.services.store.groups
        simulator = Shared(self.services.simulator, stop)
        events = run_group(state.task, history, policy, simulator, int(size), stop)
        with self.services.admitted() as room:
            group_id = book.create(session_id, int(position), policy.name, int(size))
            self.services.run(group_id, record_group(book, group_id, events), stop, room)
        return group_id

    def states(self, group_id: str) -> Iterator[GroupState]:
        """The group now and after every change until it is complete. Raises StoreError if there is none."""
        try:
            batches = self.services.hub.follow(group_id, timeout=PATIENCE)
        except KeyError:
            yield self.stored(group_id)
            return
        state = GroupState()
        for _, events in batches:
            state = fold_group(events, state)
            yield state

    def stored(self, group_id: str) -> GroupState:
        """The group as the store has it."""
        group = self.services.store.groups.summary(group_id)
        session = fold(self.services.store.events(group.session_id))
        history = history_until(session, group.position)
        end = (GroupFinished("interrupted", CUT_OFF) if group.status == "running"
               else GroupFinished(group.status, group.message))
        return fold_group([GroupStarted(session.task, history, group.policy, group.size),
                           *self.services.store.groups.members(group_id), end])

    def choices(self, session_id: str) -> list[tuple[str, str]]:
        """(title, id) of the groups of a session, the newest first."""
        def when(seconds: float) -> str:
            return time.strftime("%d %b %H:%M", time.localtime(seconds))

        return [(f"turn {group.position}, {group.policy}, {when(group.created)}", group.id)
                for group in self.services.store.groups.of(session_id)]

    def go_on(self, group_id: str, number: int, further: object) -> str:
        """Continue one turn of a group as a new session with ``further`` simulations; returns the session's id.

        Raises ForkError, PolicyError or StoreError.
        """
        group, state = self.services.store.groups.summary(group_id), self.stored(group_id)
        turn = state.member(number)
        if turn is None:
            raise ForkError(f"Proposal {number + 1} is not stored, so it cannot be continued.")
        if turn.measurement is None:
            raise ForkError(f"Proposal {number + 1} ends the session: there is nothing to continue.")
        if not is_whole(further, 1, MAX_BUDGET - turn.index):
            raise ForkError(f"Further simulations: expected a whole number from 1 to {MAX_BUDGET - turn.index}.")
        task = replace(state.task, budget=turn.index + int(further))
        return self.services.start(task, group.policy, (*state.history, turn), group.session_id, group.position)

    def with_plan(self, session_id: str, index: object, words: str, policy_name: str, further: object) -> str:
        """Begin a session with turn ``index`` of another one anew, where the policy acts on the plan ``words``; returns
        its id. Raises ForkError, PolicyError or StoreError."""
        state = fold(self.services.store.events(session_id))
        fork = with_plan(state, index, read_plan(policy_name, words), further)
        return self.services.start(fork.task, policy_name, fork.history, session_id, fork.history[-1].index,
                                   plan=fork.plan)

    def family(self, session_id: str) -> tuple[list[SessionSummary], Sequence[SessionSummary]]:
        """The sessions that led to this one, the first one first and itself last; and those that continue it."""
        line = [self.services.store.summary(session_id)]
        while line[0].parent is not None:
            line.insert(0, self.services.store.summary(line[0].parent))
        return line, self.services.store.children(session_id)

