"""Everything that proposes parameters, behind one protocol (task/protocols.py: Policy) and one list (registry.py).

A policy is stateless: it sees the task and the history, so the same session gives the same proposals again.
"""

from collections.abc import Sequence
from dataclasses import replace

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import has_golden, home
from sizing_app.errors import PolicyError
from sizing_app.policy.card import read_card
from sizing_app.policy.default import default_policy
from sizing_app.policy.engines import close_engines
from sizing_app.policy.registry import DEFAULT_POLICY, OWN_POLICY, POLICIES, checkpoint_of, served
from sizing_app.policy.settings import MODELS, PolicySettings
from sizing_app.policy.words import lack_of_words
from sizing_app.pools.designs import pool_path
from sizing_app.pools.surrogate import surrogate_path
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy

__all__ = ["DEFAULT_POLICY", "MODELS", "OWN_POLICY", "POLICIES", "PolicyError", "PolicySettings", "can_push",
           "can_recall", "can_size", "check_can_size", "close_engines", "default_for", "lack_of", "make_policy",
           "served", "trained_on"]


def make_policy(name: str, settings: PolicySettings | None = None, **changes) -> Policy:
    """The policy called ``name``, with ``changes`` of the settings. Raises PolicyError where the name is unknown or its
    files are missing."""
    if name not in POLICIES:
        raise PolicyError(f"unknown policy {name!r}: choose one of {', '.join(POLICIES)}")
    entry, settings = POLICIES[name], replace(settings or PolicySettings(), **changes)
    given = {"": (), "models": (settings.models,), "settings": (name, settings)}[entry.takes]
    return entry.load()(*given)


def can_size(name: str, circuit: Circuit, settings: PolicySettings | None = None) -> bool:
    """Whether a policy can size a circuit: a checkpoint that has words for it, a pool or a network made for it."""
    return not lack_of(name, circuit, settings)


def check_can_size(name: str, task: Task, settings: PolicySettings | None = None) -> None:
    """Raise PolicyError with the reason where a policy cannot size the circuit of a task, or cannot push its goal:
    before anything is simulated."""
    if lack := lack_of(name, task.circuit, settings, task.specs):
        raise PolicyError(f"The policy {name} cannot size {task.circuit.name}: {lack}. Choose another policy.")
    if task.goal is not None and not can_push(name):
        able = ", ".join(other for other, entry in POLICIES.items() if entry.pushes)
        raise PolicyError(f"The policy {name} stops once all specs are met and cannot {task.goal.show()}: choose one "
                          f"of {able}, or no goal.")


def default_for(circuit: Circuit, budget: int, settings: PolicySettings | None = None) -> str:
    """The policy that a circuit is sized with, in so many simulations, unless somebody says otherwise."""
    return default_policy(circuit, [name for name in POLICIES if can_size(name, circuit, settings)], budget)


def can_recall(name: str) -> bool:
    """Whether a policy can begin with what earlier sessions simulated."""
    return name in POLICIES and POLICIES[name].recalls


def can_push(name: str) -> bool:
    """Whether a policy goes on for a goal once all specs are met."""
    return name in POLICIES and POLICIES[name].pushes


def trained_on(name: str, settings: PolicySettings | None = None) -> list[str]:
    """The circuits that a checkpoint was trained on; empty for any other policy."""
    entry, models = POLICIES.get(name), (settings or PolicySettings()).models
    return read_card(models / name).get("circuits", []) if entry and entry.kind == "checkpoint" else []


def lack_of(name: str, circuit: Circuit, settings: PolicySettings | None = None, specs: Sequence[Spec] = ()) -> str:
    """What a policy lacks for a circuit, and for a task's ``specs`` of it; empty where it can size it."""
    entry, models = POLICIES.get(name), (settings or PolicySettings()).models
    if entry is None:
        return ""
    if entry.kind in ("checkpoint", "hybrid") and not served(name):
        lack = lack_of_words(models / checkpoint_of(name), circuit, specs)
        return f"the checkpoint has no words for {lack}" if lack else ""
    ours = home(circuit) is not None  # files of models are by name, and a stored circuit may have the name of another
    there = {"golden": lambda: has_golden(circuit), "pool": lambda: pool_path(circuit).is_file(),
             "surrogate": lambda: ours and surrogate_path(models, circuit).is_file(),
             "network": lambda: ours and (models / name / f"{circuit.name}.npz").is_file()}
    said = {"golden": "it has no golden design", "pool": "no simulated designs of it are stored",
            "surrogate": "there is no surrogate of it", "network": "there is no network of it"}
    return next((said[need] for need in entry.needs if not there[need]()), "")
