"""What policies are made with."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sizing_app.paths import shipped
from sizing_app.search.earlier import Earlier
from sizing_app.task.definition import Task

MODELS = shipped("models")


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
    recall: Callable[[Task], Sequence[Earlier]] | None = field(default=None, repr=False)
    """Looks up what the earlier sessions of a task simulated; None: searches know of nothing but their own history."""
