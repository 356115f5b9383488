"""Every policy in one list: what it is called, what kind it is, what it needs and where it is made.

A new one is a class with ``name`` and ``propose`` (task/protocols.py) and one entry here.
"""

import importlib
from dataclasses import dataclass
from typing import Literal

Kind = Literal["checkpoint", "hybrid", "search", "stored", "constant", "chat"]
Need = Literal["golden", "pool", "surrogate", "network"]


@dataclass(frozen=True)
class Entry:
    """One policy."""

    title: str
    kind: Kind
    """checkpoint: a model of this repository; hybrid: one, then a search; search: reads the ranges of the circuit and
    what was measured, nothing else; stored: knows simulated designs; constant: one design; chat: a server's model."""
    source: str
    """``module:callable`` within this package, imported when the policy is made."""
    takes: Literal["", "models", "settings"] = ""
    """What the callable is called with: nothing, the folder of models, or name and settings."""
    needs: tuple[Need, ...] = ()
    """What there must be of a circuit. Checkpoints need its words in their vocabulary."""
    pushes: bool = False
    """Whether it goes on for the goal of a task (task/goal.py) once all specs are met."""
    recalls: bool = False
    """Whether it can begin with what earlier sessions simulated."""
    offered: bool = True
    """Whether the pages offer it; the others are floors and ceilings of the evaluation."""

    def load(self):
        module, _, name = self.source.partition(":")
        return getattr(importlib.import_module(f"sizing_app.policy.{module}"), name)


def _model(title: str) -> Entry:
    return Entry(title, "checkpoint", "models:checkpoint", "settings")


POLICIES: dict[str, Entry] = {
    "tl-grpo": _model("TL-GRPO checkpoint"),
    "sft": _model("SFT checkpoint, before TL-GRPO"),
    "tl-grpo+cma-es": Entry("TL-GRPO checkpoint, then CMA-ES", "hybrid", "models:hybrid", "settings"),
    "tl-grpo+response-surface": Entry("TL-GRPO checkpoint, then response surfaces", "hybrid", "models:hybrid",
                                      "settings", pushes=True, recalls=True),
    "response-surface": Entry("Response surfaces of the metrics", "search", "response_surface:search",
                              "settings", pushes=True, recalls=True),
    "bayes": Entry("Bayesian optimization", "search", "bayesian:BayesianSearch"),
    "tpe": Entry("Parzen estimator (TPE)", "search", "parzen:ParzenSearch"),
    "cma-es": Entry("CMA-ES", "search", "evolution:EvolutionSearch"),
    "scbo": Entry("Constrained Bayesian optimization (SCBO)", "search", "trust_region:TrustRegionSearch",
                  offered=False),
    "random": Entry("Random search", "search", "random_search:RandomSearch", pushes=True),
    "lookup": Entry("Lookup in simulated designs", "stored", "stored:Lookup", needs=("pool",)),
    "teacher": Entry("Teacher of the supervised training", "stored", "stored:TeacherPolicy", "models",
                     ("pool", "surrogate")),
    "mlp": Entry("MLP regressor", "stored", "regressor:Regressor", "models", ("network",)),
    "trajectory-grpo": _model("Trajectory-level GRPO checkpoint"),
    "single-turn-grpo": _model("Single-turn GRPO checkpoint"),
    "gtpo": _model("GTPO checkpoint"),
    "middle": Entry("Middle of every range", "constant", "constants:Middle", offered=False),
    "golden": Entry("The circuit's golden design", "constant", "constants:Golden", needs=("golden",), offered=False),
    "centre": Entry("Centre of the simulated designs", "constant", "stored:Centre", needs=("pool",), offered=False),
    "chat": Entry("Model of the server", "chat", "models:chat", "settings", offered=False),
    "chat+response-surface": Entry("Model of the server, then response surfaces", "hybrid", "models:hybrid", "settings",
                                   pushes=True, recalls=True, offered=False),
}
"""In the order in which they are offered, the default first."""
DEFAULT_POLICY = next(iter(POLICIES))
OWN_POLICY = "response-surface"
"""The default for circuits that no model was trained on: it needs no knowledge of the circuit."""


def checkpoint_of(name: str) -> str:
    """The checkpoint that a policy plays; the name itself where it is none."""
    return name.partition("+")[0]


def served(name: str) -> bool:
    """Whether a policy plays the model of a server, so that it needs one."""
    return checkpoint_of(name) == "chat"
