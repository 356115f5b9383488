"""An open language model in training: the messages that a server gets in use (prompt/chat.py) as token ids, the
teacher's trajectories as lessons, and replies sampled by the transformers library.

The reply is free text, without a grammar: what a general model has to learn first is its form.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedTokenizerBase

from sizing_app.circuit.definition import Circuit
from sizing_app.pools.targets import DesignGrid
from sizing_app.prompt.analysis import end_text, move_text
from sizing_app.prompt.chat import messages, write_reply
from sizing_app.prompt.parser import parse_reply
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import History, Measurement, Proposal, Turn
from sizing_app.train.data import Pairs
from sizing_app.train.imagine import Trajectory
from sizing_app.train.sampler import Sample, reply_length
from sizing_app.train.gradient import token_budget
from sizing_app.train.tree import ATTENTION, collate, micro_batches, pack, reply_logprobs


@dataclass(frozen=True)
class Chat:
    """A dialogue (dialogue.py) in the chat template of a tokenizer."""

    tokenizer: PreTrainedTokenizerBase
    close = None
    """Its tags are several tokens long: a reply is credited as a whole, as in the paper."""

    def prompt(self, task: Task, history: History) -> list[int]:
        return self.tokenizer.apply_chat_template(messages(task.told(), history), add_generation_prompt=True,
                                                  return_dict=False)

    def circuit(self, task: Task) -> Circuit:
        return task.circuit

    def proposal(self, task: Task, tokens: Sequence[int]) -> Proposal:
        return parse_reply(self.tokenizer.decode(tokens, skip_special_tokens=True), task.circuit)

    def reply(self, text: str) -> list[int]:
        return [*self.tokenizer.encode(text, add_special_tokens=False), self.tokenizer.eos_token_id]


def chat_lessons(trajectory: Trajectory, chat: Chat) -> Pairs:
    """Prompt and the teacher's reply of every turn that a policy could be asked for (imagine.py: lessons)."""
    task, history, grid = trajectory.task, trajectory.history, DesignGrid(trajectory.task.circuit)
    replies = [write_reply(task.circuit, move_text(task, history[:size], grid.index(answer.parameters), answer.metrics),
                           answer.parameters) for size, answer in enumerate(trajectory.answers, 1)]
    if history[-1].score.passed:
        replies.append(write_reply(task.circuit, end_text(history), None))
    return [(np.array(chat.prompt(task, history[:size]), dtype=np.int32), np.array(chat.reply(reply), dtype=np.int32))
            for size, reply in enumerate(replies, 1)]


def last_prompt(task: Task, chat: Chat) -> list[int]:
    """About the longest prompt of a query: that of its last turn, where every turn before tried the start again and
    measured what is asked for."""
    measured = Measurement("ok", {spec.metric: spec.high if spec.low is None else spec.low for spec in task.specs})
    turn = Turn(0, Proposal(task.initial), measured, score(measured, task.specs))
    return chat.prompt(task, tuple(replace(turn, index=number) for number in range(task.budget)))


class ChatSampler:
    """Samples replies with the library's ``generate``; in the place of sampler.py's, which is made for one network.

    Log-probabilities are computed afterwards, by the function of the update, so that the importance ratio begins at
    1.
    """

    form = None

    def __init__(self, model: nn.Module, end_token: int, reply_tokens: int, temperature: float = 1.0):
        self.model, self.end_token = model, end_token
        self.reply_tokens, self.temperature = reply_tokens, temperature

    @torch.no_grad()
    def sample(self, prompts: Sequence[Sequence[int]], count: int, generator: torch.Generator,
               circuits: Sequence[Circuit] = ()) -> list[list[Sample]]:
        """``count`` replies to each prompt; ``circuits`` are of no use to free text."""
        replies = self._generate(prompts, count, generator)
        groups = [replies[start:start + count] for start in range(0, len(replies), count)]
        rows = [pack([(prompt, reply) for reply in group]) for prompt, group in zip(prompts, groups, strict=True)]
        logprobs: list[float] = []
        for batch in micro_batches([len(row) for row in rows], token_budget(self.model.device)):
            of_batch = collate([rows[index] for index in batch], self.model.device)
            logprobs += reply_logprobs(self.model, of_batch, self.temperature)[0].tolist()
        chances = iter(logprobs)
        return [[Sample(tuple(reply), tuple(next(chances) for _ in reply)) for reply in group] for group in groups]

    def _generate(self, prompts, count: int, generator: torch.Generator) -> list[list[int]]:
        """Replies, up to and with their end token; prompts padded on the left."""
        device, width = self.model.device, max(map(len, prompts))
        tokens = torch.full((len(prompts), width), self.end_token)
        real = torch.zeros_like(tokens)
        for place, prompt in enumerate(prompts):
            tokens[place, width - len(prompt):] = torch.as_tensor(prompt)
            real[place, width - len(prompt):] = 1
        torch.manual_seed(int(torch.randint(2 ** 62, (1,), generator=generator, device=generator.device)))
        self.model.set_attn_implementation("sdpa")
        try:
            found = self.model.generate(tokens.to(device), attention_mask=real.to(device), do_sample=True,
                                        temperature=self.temperature, top_k=0, top_p=1.0,
                                        num_return_sequences=count, max_new_tokens=self.reply_tokens,
                                        eos_token_id=self.end_token, pad_token_id=self.end_token)
        finally:
            self.model.set_attn_implementation(ATTENTION)
        return [line[:reply_length(line, self.end_token)] for line in found[:, width:].tolist()]
