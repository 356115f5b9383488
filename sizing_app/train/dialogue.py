"""How a policy in training is talked to: a task and its history as token ids, the ids of a reply as a proposal."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from tokenizers import Tokenizer

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.compact import render
from sizing_app.prompt.parser import ANALYZE_END, parse_reply
from sizing_app.prompt.tokenizer import encode
from sizing_app.prompt.wording import wording
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Proposal


class Dialogue(Protocol):
    """What rollout and update need to know of a tokenizer and a prompt."""

    close: int | None
    """The token that ends an analysis; None where there is no such token, and a reply is credited as a whole."""

    def prompt(self, task: Task, history: History) -> list[int]: ...

    def circuit(self, task: Task) -> Circuit:
        """The circuit in the names that replies use."""

    def proposal(self, task: Task, tokens: Sequence[int]) -> Proposal:
        """What a reply, without the token that ends it, proposes."""


@dataclass(frozen=True)
class Compact:
    """The prompt of the small checkpoints (prompt/compact.py), in a version."""

    tokenizer: Tokenizer
    version: str

    @cached_property
    def close(self) -> int:
        return self.tokenizer.token_to_id(ANALYZE_END)

    def prompt(self, task: Task, history: History) -> list[int]:
        return encode(self.tokenizer, render(task.told(), history, self.version))

    def circuit(self, task: Task) -> Circuit:
        return wording(task.circuit, self.version).circuit

    def proposal(self, task: Task, tokens: Sequence[int]) -> Proposal:
        text = self.tokenizer.decode(tokens, skip_special_tokens=False)
        return parse_reply(wording(task.circuit, self.version).in_names(text), task.circuit)
