"""What is asked of a design."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sizing_app.circuit.definition import Circuit, Conditions, Parameters, Spec


@dataclass(frozen=True)
class Task:
    """One query: a circuit, its targets, the conditions, where to start and how many simulations may be spent."""

    circuit: Circuit
    specs: tuple[Spec, ...]
    conditions: Conditions
    initial: Parameters
    budget: int = 5
    seed: int = 0
    stated: Conditions | None = None
    """The conditions that a policy is told where they are not the true ones: then only feedback shows these."""
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Ranges that a person narrowed for this task, by parameter; equal bounds lock it. Proposals are held to them."""
    hint: str = ""
    """What a person wrote for the policy; only models that are asked in words read it."""

    def told(self) -> "Task":
        """The task as a policy may know it."""
        return self if self.stated is None else replace(self, conditions=self.stated, stated=None)
