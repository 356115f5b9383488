"""Everything that proposes parameters, behind one protocol (domain.Policy) and one list of names.

A policy is stateless: it sees the task and the history, so the same session gives the same proposals again.
"""

import os
import threading
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import has_golden
from sizing_app.errors import PolicyError
from sizing_app.paths import shipped
from sizing_app.policy.words import missing_words
from sizing_app.pools.designs import pool_path
from sizing_app.pools.surrogate import surrogate_path
from sizing_app.task.protocols import Policy

__all__ = ["DEFAULT_POLICY", "MODELS", "POLICY_NAMES", "SEARCHES", "PolicyError", "PolicySettings", "can_size",
           "check_can_size", "close_engines", "make_policy"]

MODELS = shipped("models")
DEFAULT_POLICY = "tl-grpo"


@dataclass(frozen=True)
class PolicySettings:
    """Where models live and which server answers for them."""

    base_url: str | None = None
    """OpenAI-compatible server, such as http://127.0.0.1:8000/v1; None starts the embedded engine."""
    model: str | None = None
    """The model's name on that server."""
    api_key: str | None = field(default_factory=lambda: os.environ.get("OPENAI_API_KEY"), repr=False)
    models: Path = MODELS
    temperature: float | None = None
    """At which a language model is sampled; None: what a checkpoint's card says, and what is usual for other models."""
    reply_tokens: int | None = None
    """Most that a model behind ``base_url`` may write in a turn, thoughts included; None: what is usual."""
    reply_characters: int | None = None
    """Most that is read of its reply, without the thoughts."""


_engines: dict[Path, object] = {}
_engines_lock = threading.Lock()


def make_policy(name: str, settings: PolicySettings | None = None, **changes) -> Policy:
    """The policy called ``name``, with ``changes`` of the settings. Raises PolicyError where the name is unknown or its
    files are missing."""
    if name not in _MAKERS:
        raise PolicyError(f"unknown policy {name!r}: choose one of {', '.join(POLICY_NAMES)}")
    return _MAKERS[name](name, replace(settings or PolicySettings(), **changes))


def can_size(name: str, circuit: Circuit, settings: PolicySettings | None = None) -> bool:
    """Whether a policy can size a circuit: a checkpoint that has words for it, a pool or a network made for it."""
    return not _lack(name, circuit, settings or PolicySettings())


def check_can_size(name: str, circuit: Circuit, settings: PolicySettings | None = None) -> None:
    """Raise PolicyError with the reason where a policy cannot size a circuit: before anything is simulated."""
    if lack := _lack(name, circuit, settings or PolicySettings()):
        raise PolicyError(f"The policy {name} cannot size {circuit.name}: {lack}. Choose another policy.")


def _lack(name: str, circuit: Circuit, settings: PolicySettings) -> str:
    """What a policy lacks for a circuit; empty where it can size it."""
    models = settings.models
    if _MAKERS.get(name) in (_checkpoint, _polished):
        missing = missing_words(models / name.removesuffix("+cma-es"), circuit)
        return f"the checkpoint has no words for{''.join(missing[:3])} ..." if missing else ""
    if name == "golden" and not has_golden(circuit):
        return "it has no golden design"
    if name in ("centre", "lookup", "teacher") and not pool_path(circuit).is_file():
        return "no simulated designs of it are stored"
    if name == "teacher" and not surrogate_path(models, circuit).is_file():
        return "there is no surrogate of it"
    if name == "mlp" and not (models / name / f"{circuit.name}.npz").is_file():
        return "there is no network of it"
    return ""


def close_engines() -> None:
    """Stop every embedded model server that make_policy started."""
    with _engines_lock:
        for engine in _engines.values():
            engine.close()
        _engines.clear()


def _random(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.random_search import RandomSearch
    return RandomSearch()


def _bayes(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.bayesian import BayesianSearch
    return BayesianSearch()


def _tpe(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.parzen import ParzenSearch
    return ParzenSearch()


def _cma_es(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.evolution import EvolutionSearch
    return EvolutionSearch()


def _scbo(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.trust_region import TrustRegionSearch
    return TrustRegionSearch()


def _polished(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.evolution import Polish
    return Polish(_checkpoint(name.removesuffix("+cma-es"), settings))


def _middle(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.constants import Middle
    return Middle()


def _golden(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.constants import Golden
    return Golden()


def _centre(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.stored import Centre
    return Centre()


def _lookup(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.stored import Lookup
    return Lookup()


def _teacher(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.stored import Taught
    return Taught(settings.models)


def _mlp(name: str, settings: PolicySettings) -> Policy:
    from sizing_app.policy.regressor import Regressor
    return Regressor(settings.models / "mlp")


def _checkpoint(name: str, settings: PolicySettings) -> Policy:
    """A checkpoint of this repository: on the embedded engine, or on the server at ``base_url`` that loaded it."""
    from sizing_app.policy.language_model import LanguageModel
    folder = settings.models / name
    missing = [file for file in ("model.safetensors", "tokenizer.json") if not (folder / file).is_file()]
    if missing:
        raise PolicyError(f"no {name} checkpoint: {folder} has no {' and no '.join(missing)}; `make train` writes it")
    card = _card(folder)
    return LanguageModel(name, settings.base_url or _address_of(folder), settings.model or name, model_dir=folder,
                         latest_only=card.get("history") == "latest", api_key=settings.api_key,
                         temperature=card.get("temperature") if settings.temperature is None else settings.temperature)


def _card(folder: Path) -> dict:
    """What a checkpoint says of itself."""
    try:
        return tomllib.loads((folder / "card.toml").read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _chat(name: str, settings: PolicySettings) -> Policy:
    """Any other model, through the chat endpoint of an OpenAI-compatible server."""
    from sizing_app.policy.language_model import LanguageModel
    if not settings.base_url or not settings.model:
        raise PolicyError("policy chat needs the address of a server and a model's name: --base-url URL --model NAME")
    limits = {"reply_tokens": settings.reply_tokens, "reply_characters": settings.reply_characters}
    return LanguageModel(name, settings.base_url, settings.model, temperature=settings.temperature,
                         api_key=settings.api_key, **{limit: value for limit, value in limits.items() if value})


def _address_of(folder: Path) -> Callable[[], str]:
    """Where the embedded server of a model folder answers, asked anew for every turn, since it may have crashed.

    One server for each folder, shared by all sessions and started on first use.
    """
    from sizing_app.policy.engine import Engine
    with _engines_lock:
        engine = _engines.setdefault(folder, Engine(folder))
    return lambda: engine.base_url


_MAKERS: dict[str, Callable[[str, PolicySettings], Policy]] = {
    "tl-grpo": _checkpoint, "sft": _checkpoint, "trajectory-grpo": _checkpoint, "single-turn-grpo": _checkpoint,
    "gtpo": _checkpoint, "random": _random, "bayes": _bayes, "tpe": _tpe, "cma-es": _cma_es,
    "scbo": _scbo, "tl-grpo+cma-es": _polished, "lookup": _lookup, "teacher": _teacher,
    "mlp": _mlp, "middle": _middle, "golden": _golden, "centre": _centre, "chat": _chat,
}
POLICY_NAMES = tuple(_MAKERS)
SEARCHES = ("random", "bayes", "tpe", "cma-es", "scbo")
"""Policies that search the ranges of the circuit they are given, and know nothing else."""
