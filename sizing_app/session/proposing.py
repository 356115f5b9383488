"""One turn's proposal: what the policy writes, on its own or after a person's plan, and what a person makes of it."""

from collections.abc import Generator
from dataclasses import replace

from sizing_app.circuit.definition import Parameters
from sizing_app.errors import PolicyError
from sizing_app.session.control import Control
from sizing_app.session.events import Event, Proposed, TurnStarted, Wrote
from sizing_app.session.turn import admit, clean_text
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy, StopSignal
from sizing_app.task.turn import GivenPlan, History, Proposal


def propose(task: Task, history: History, policy: Policy, stop: StopSignal,
            plan: GivenPlan | None = None) -> Generator[Event, None, Proposal | None]:
    """Relay what the policy writes for the next turn; returns its proposal, or None if it was stopped before.

    With ``plan`` the policy acts on that. Where ``stop`` is a Control with review, the proposal waits for a person, who
    takes it, changes its values, or gives the policy another plan, as often as they like.
    """
    index = history[-1].index + 1
    proposal = yield from _written(task, history, policy, stop, plan)
    while (proposal is not None and proposal.parameters is not None and isinstance(stop, Control) and stop.review):
        number = stop.ask()
        yield Proposed(index, proposal, review=number)
        decision = stop.decision(number)
        if stop.is_set():
            return None
        if decision.plan is None:
            return _edited(proposal, decision.parameters)
        yield TurnStarted(index)
        plan = GivenPlan(decision.plan, own_words(proposal))
        proposal = yield from _written(task, history, policy, stop, plan)
    return proposal


def own_words(proposal: Proposal) -> str:
    """What the policy itself wrote as its reasoning."""
    return proposal.reasoning if proposal.own_reasoning is None else proposal.own_reasoning


def plan_of_hint(task: Task, policy: Policy) -> GivenPlan | None:
    """A hint is the plan of a session's first turn, for a policy that takes plans and does not read hints itself."""
    other = getattr(policy, "reads_hints", False) or not getattr(policy, "takes_plans", False)
    return None if other or not task.hint else GivenPlan(" ".join(task.hint.split()))


def _written(task: Task, history: History, policy: Policy, stop: StopSignal,
             plan: GivenPlan | None) -> Generator[Event, None, Proposal | None]:
    index = history[-1].index + 1
    if plan is None:
        pieces = policy.propose(task.told(), history, stop)
    elif getattr(policy, "takes_plans", False):
        pieces = policy.act(task.told(), history, plan.words, stop)
    else:
        raise PolicyError(f"The policy {policy.name} takes no plans.")
    try:
        for piece in pieces:
            if isinstance(piece, Proposal):
                cut_short = stop.is_set() and piece.parameters is None and not piece.finished
                return None if cut_short else admit(task, history, _marked(piece, plan))
            if stop.is_set():
                return None
            yield Wrote(index, clean_text(piece.text), piece.kind)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    if stop.is_set():
        return None
    raise PolicyError(f"The policy {policy.name} ended turn {index} without a proposal.")


def _marked(proposal: Proposal, plan: GivenPlan | None) -> Proposal:
    """The proposal with a person's plan as its reasoning, marked as theirs."""
    return proposal if plan is None else replace(proposal, reasoning=plan.words, own_reasoning=plan.former)


def _edited(proposal: Proposal, parameters: Parameters) -> Proposal:
    """The proposal with the values that a person chose; ``parameters`` may be empty."""
    changed = {name: proposal.parameters[name] for name, value in parameters.items()
               if value != proposal.parameters[name]}
    return replace(proposal, parameters={**proposal.parameters, **parameters}, edited=changed) if changed else proposal
