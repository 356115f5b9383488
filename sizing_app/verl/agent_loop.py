"""What is sampled for a query: verl's agent loops over the app's own session, prompt, parser and reward.

``TurnGroups`` trains: it plays one trajectory and samples G replies from each of its histories (paper, algorithm 1).
``Trajectory`` validates: one session, worth its best turn (paper, eq. 5). A history is a prompt of its own, rendered as
the served model will see it, so a response is always a single reply and every one of its tokens is trained on.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import uuid4

from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopOutput
from verl.utils.profiler import simple_timer
from verl.workers.rollout.replica import TokenOutput

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.policy.thoughts import THOUGHTS_LIMIT, split_thoughts
from sizing_app.prompt.chat import messages
from sizing_app.prompt.parser import parse_reply
from sizing_app.session.loop import goes_on
from sizing_app.session.turn import admit, finish, initial_turn
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Task
from sizing_app.task.reward import best_reward, reached
from sizing_app.task.turn import History, Proposal, Turn
from sizing_app.train.advantage import training_reward
from sizing_app.train.config import RLConfig
from sizing_app.train.queries import from_json
from sizing_app.train.rollout import CUT


@dataclass(frozen=True)
class Reply:
    """A sampled reply, the history that it answers, and the turn that it became."""

    history: History
    prompt: list[int]
    sampled: TokenOutput
    turn: Turn
    seconds: dict[str, float]
    """Of sampling and of simulating, under verl's names."""


class SizingLoop(AgentLoopBase):
    """From a query to turns. verl makes one object a query; ``settings`` are the fields of agent_loops.yaml."""

    def __init__(self, *args, format_penalty: float, all_specs_bonus: float, simulators: int, **settings):
        super().__init__(*args, **settings)
        self.rewards = RLConfig(format_penalty=format_penalty, all_specs_bonus=all_specs_bonus)
        self.simulator = _simulators(simulators)

    async def play(self, query: str, size: int, sampling: dict[str, Any]) -> list[list[Reply]]:
        """One trajectory, and ``size`` replies from each of its histories; its own turn is the first of its group.

        It ends as a session does, or before a prompt that is longer than ``rollout.prompt_length``.
        """
        task, request = _task(query), uuid4().hex
        history, groups = (await asyncio.to_thread(initial_turn, task, self.simulator),), []
        while goes_on(task, history):
            prompt = await asyncio.to_thread(self.encode, task, history)
            if len(prompt) > self.rollout_config.prompt_length:
                break
            groups.append(await asyncio.gather(
                *(self._reply(task, history, prompt, sampling, request) for _ in range(size))))
            history = (*history, groups[-1][0].turn)
        return groups

    def encode(self, task: Task, history: History) -> list[int]:
        """The prompt as the chat endpoint of a server would tokenize it."""
        return self.continuous_token_builder.build_initial_tokens(messages(task.told(), history))

    def _finished(self, task: Task, history: History, proposal: Proposal) -> Turn:
        """Simulated and judged, as in every session."""
        return next(finish([(task, history, admit(task, history, proposal))], self.simulator))

    def decode(self, tokens: Sequence[int]) -> str:
        return self.tokenizer.decode(tokens, skip_special_tokens=True)

    async def _reply(self, task: Task, history: History, prompt: list[int], sampling: dict[str, Any],
                     request: str) -> Reply:
        """``request`` is the same for a whole query, so that one server has its prompts in its cache."""
        seconds: dict[str, float] = {}
        with simple_timer("generate_sequences", seconds):
            sampled = await self.server_manager.generate(request, prompt_ids=prompt, sampling_params=dict(sampling))
        tokens = sampled.token_ids
        thoughts, text = split_thoughts(self.decode(tokens))
        proposal = replace(parse_reply(text, task.circuit), thoughts=thoughts[:THOUGHTS_LIMIT].strip())
        if len(tokens) >= self.rollout_config.response_length and tokens[-1] != self.tokenizer.eos_token_id:
            proposal = replace(proposal, problems=(*proposal.problems, CUT.format(len(tokens))))
        with simple_timer("tool_calls", seconds):
            turn = await asyncio.to_thread(self._finished, task, history, proposal)
        return Reply(history, prompt, sampled, turn, seconds)


class TurnGroups(SizingLoop):
    """The training rollout: every reply is an output with the reward of its own turn."""

    async def run(self, sampling_params: dict[str, Any], *, query: str, **row) -> list[AgentLoopOutput]:
        groups = await self.play(query, self.rollout_config.n, sampling_params)
        return [_output(reply, training_reward(reply.turn, reply.history, self.rewards), number=number)
                for group in groups for number, reply in enumerate(group)]


class Trajectory(SizingLoop):
    """The validation rollout: the last reply stands for the session and has the reward of its best turn."""

    async def run(self, sampling_params: dict[str, Any], *, query: str, **row) -> AgentLoopOutput:
        last = (await self.play(query, 1, sampling_params))[-1][0]
        history = (*last.history, last.turn)
        facts = {"passed": float(reached(history)),
                 "simulations": float(sum(turn.simulations for turn in history if turn.index > 0))}
        return _output(last, best_reward(history), reward_extra_info=facts)


def _output(reply: Reply, reward: float, **facts) -> AgentLoopOutput:
    """verl's form of a reply; ``facts`` go along with it."""
    tokens = reply.sampled.token_ids
    return AgentLoopOutput(
        prompt_ids=reply.prompt, response_ids=tokens, response_mask=[1] * len(tokens),
        response_logprobs=reply.sampled.log_probs or None, routed_experts=reply.sampled.routed_experts,
        reward_score=reward, num_turns=reply.turn.index, metrics=reply.seconds,
        extra_fields={**reply.sampled.extra_fields, "turn": reply.turn.index, **facts})


def _task(query: str) -> Task:
    entry = json.loads(query)
    return from_json(entry, {entry["circuit"]: load_training_circuit(entry["circuit"])})


@cache
def _simulators(count: int) -> SimulatorPool:
    """Shared by all queries of a process."""
    return SimulatorPool(count)
