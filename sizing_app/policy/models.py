"""Language models as policies: checkpoints of this repository, and whatever another server has."""

from collections.abc import Callable

from sizing_app.errors import PolicyError
from sizing_app.policy.card import prompt_of, read_card
from sizing_app.policy.engines import address_of
from sizing_app.policy.language_model import LanguageModel
from sizing_app.policy.settings import PolicySettings
from sizing_app.prompt.versions import VERSIONS
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy
from sizing_app.task.turn import History


def checkpoint(name: str, settings: PolicySettings) -> Policy:
    """A checkpoint of this repository: on the embedded engine, or on the server at ``base_url`` that loaded it."""
    folder = settings.models / name
    missing = [file for file in ("model.safetensors", "tokenizer.json") if not (folder / file).is_file()]
    if missing:
        raise PolicyError(f"no {name} checkpoint: {folder} has no {' and no '.join(missing)}; `make train` writes it")
    card, prompt = read_card(folder), prompt_of(folder)
    if prompt not in VERSIONS:
        raise PolicyError(f"the checkpoint {name} was trained with the prompt {prompt!r}, which this version does not "
                          f"write: it knows {', '.join(VERSIONS)}")
    return LanguageModel(name, settings.base_url or address_of(folder), settings.model or name, model_dir=folder,
                         latest_only=card.get("history") == "latest", prompt=prompt, api_key=settings.api_key,
                         temperature=card.get("temperature") if settings.temperature is None else settings.temperature)


def hybrid(name: str, settings: PolicySettings) -> Policy:
    """A model's turns, then a search: ``tl-grpo+cma-es``, ``tl-grpo+response-surface``, ``chat+response-surface``. The
    server's model is told what the surfaces say of the parameters."""
    from sizing_app.policy.evolution import Polish
    from sizing_app.policy.handover import Handover
    from sizing_app.policy.response_surface import ResponseSurface
    model, _, search = name.partition("+")
    finish = Polish() if search == "cma-es" else ResponseSurface(settings.recall)
    return Handover(chat(model, settings, finish.effects) if model == "chat" else checkpoint(model, settings), finish)


def chat(name: str, settings: PolicySettings, notes: Callable[[Task, History], str] | None = None) -> Policy:
    """Any other model, through the chat endpoint of an OpenAI-compatible server; ``notes``: what it is told beside the
    results."""
    if not settings.base_url or not settings.model:
        raise PolicyError("policy chat needs the address of a server and a model's name: --base-url URL --model NAME")
    limits = {"reply_tokens": settings.reply_tokens, "reply_characters": settings.reply_characters}
    return LanguageModel(name, settings.base_url, settings.model, temperature=settings.temperature, notes=notes,
                         api_key=settings.api_key, **{limit: value for limit, value in limits.items() if value})
