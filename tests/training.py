"""What the training tests share: a tokenizer and tiny models for the toy circuit, replies by script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.compact import END, render, write_reply
from sizing_app.prompt.tokenizer import build_tokenizer, encode
from sizing_app.session.turn import initial_turn
from sizing_app.task.definition import Task
from sizing_app.train.config import ModelSize
from sizing_app.train.dialogue import Compact
from sizing_app.train.model import build_model
from sizing_app.train.rollout import Rollouts
from sizing_app.train.sampler import Sample, Sampler
from tests.builders import GOOD, POOR, QuadraticSimulator, a_circuit, a_task, turn_of

torch.set_num_threads(1)  # tests run side by side; threads that wait for each other's core cost minutes
SIZE = ModelSize(hidden=32, layers=2, heads=4, kv_heads=2, head_dim=8, intermediate=64)
CALLS = (POOR, {"w": 30e-6, "m": 5.0}, GOOD)


def demonstration(task: Task, simulator=None) -> list[dict[str, str]]:
    """Prompts and replies of a trajectory that tries CALLS in turn and ends after the last."""
    from sizing_app.prompt.parser import parse_reply
    simulator, turns = simulator or QuadraticSimulator(), []
    history = (initial_turn(task, simulator),)
    for parameters in (*CALLS, None):
        reply = write_reply(task.circuit, "w is too wide" if parameters else "all specs are met", parameters)
        turns.append({"prompt": render(task, history, "compact"), "reply": reply})
        history = (*history, turn_of(task, history, parse_reply(reply.removesuffix(END), task.circuit), simulator))
    return turns


def a_tokenizer(circuit: Circuit | None = None, merges: int = 60) -> Tokenizer:
    turns = demonstration(a_task(circuit or a_circuit()))
    return build_tokenizer([circuit or a_circuit()], [turn["prompt"] + turn["reply"] for turn in turns] * 2,
                           "compact", merges)


def a_model(tokenizer: Tokenizer, seed: int = 0):
    """A random model whose next-token distributions are far from uniform."""
    model = build_model(SIZE, tokenizer, seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4.0)
    return model


def dialogue(tokenizer: Tokenizer) -> Compact:
    return Compact(tokenizer, "compact")


def rollouts_of(model, tokenizer: Tokenizer, reply_tokens: int = 12) -> Rollouts:
    return Rollouts(Sampler(model, tokenizer.token_to_id(END), reply_tokens), dialogue(tokenizer), QuadraticSimulator())


@dataclass
class ScriptedSampler:
    """Writes what ``script(prompt text, number)`` says, in the sampler's place.

    The number is that in the group; where one reply is sampled from each prompt, that of the prompt.
    """

    tokenizer: Tokenizer
    script: Callable[[str, int], str]
    temperature: float = 1.0
    form = None

    @property
    def end_token(self) -> int:
        return self.tokenizer.token_to_id(END)

    def sample(self, prompts: Sequence[Sequence[int]], count: int, generator, circuits=()) -> list[list[Sample]]:
        groups = []
        for place, prompt in enumerate(prompts):
            text = self.tokenizer.decode(list(prompt), skip_special_tokens=False)
            numbers = range(count) if count > 1 else [place]
            replies = [tuple(encode(self.tokenizer, self.script(text, number))) for number in numbers]
            groups.append([Sample(reply, tuple(np.full(len(reply), -1.0))) for reply in replies])
        return groups
