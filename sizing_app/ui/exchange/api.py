"""The app for programs: typed endpoints for gradio_client, and tools of an MCP server where app.py has --mcp.

The docstrings are what a program or a model reads; docs/api.md shows each in use.
"""

import base64
import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import gradio as gr

from sizing_app.errors import PolicyError, SimulatorError, StoreError
from sizing_app.policy.designs import initial_design
from sizing_app.session.documents import circuit_document, design_document, session_document
from sizing_app.session.events import fold
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.validation import MAX_SEED, SESSION_BUDGET, check_task
from sizing_app.ui.exchange.api_inputs import (WrongInput, read_circuit, read_conditions, read_count, read_parameters,
                                               read_plan, read_specs, read_text, read_then)
from sizing_app.ui.exchange.check_api import CheckApi
from sizing_app.ui.exchange.export import session_file
from sizing_app.ui.exchange.front_api import FrontApi
from sizing_app.ui.exchange.own_api import OwnApi
from sizing_app.ui.forks.forks import Forks
from sizing_app.ui.services import Services

MOST_ROWS = 500
SIMULATIONS, STREAMS = 4, 20
"""Calls that may be served at once."""


class Api:
    """The endpoints; each method but ``connect`` is one."""

    def __init__(self, services: Services):
        self.services, self.store, self.forks = services, services.store, Forks(services)

    def connect(self) -> None:
        """Inside a gr.Blocks."""
        for name in ("list_circuits", "describe_circuit", "simulate_design", "size", "act_on_plan", "search_sessions",
                     "get_session", "export_session"):
            limit = SIMULATIONS if name == "simulate_design" else STREAMS
            gr.api(_plain_errors(getattr(self, name)), api_name=name, concurrency_limit=limit)
        for rest in (OwnApi(self.services), CheckApi(self.services), FrontApi(self.services)):
            for name, limit in rest.NAMES.items():
                gr.api(_plain_errors(getattr(rest, name)), api_name=name, concurrency_limit=limit)

    def list_circuits(self) -> list[dict[str, Any]]:
        """The circuits that can be sized: name, title, summary and the policies that can size each."""
        return [{"name": name, "title": circuit.title, "summary": circuit.summary, "process": circuit.process,
                 "parameters": len(circuit.parameters), "metrics": len(circuit.metrics), "held_out": circuit.held_out,
                 "policies": [policy for _, policy in self.services.policies_for(name)]}
                for name, circuit in self.services.circuits.items()]

    def describe_circuit(self, circuit: str) -> dict[str, Any]:
        """Parameters with ranges and roles, metrics with definitions, default specs, conditions and netlist; SI units.

        Args:
            circuit: name of a circuit, as list_circuits gives it, or its key
        """
        found = read_circuit(self.services.circuits, circuit)
        return {**circuit_document(found), "netlist": found.netlist,
                "policies": [policy for _, policy in self.services.policies_for(circuit)]}

    def simulate_design(self, circuit: str, parameters: dict[str, Any], specs: dict[str, Any] | None = None,
                        conditions: dict[str, Any] | None = None) -> dict[str, Any]:
        """Simulate one design with ngspice: metrics, reward in [0, 1], and each spec with its margin. Stores nothing.

        Args:
            circuit: name of a circuit, or its key
            parameters: every parameter with its value, a number in SI units or a text such as "4.7u"
            specs: metric to {"low": value, "high": value} or one of them; the default specs if left out
            conditions: any of corner, temperature, supply, load; nominal if left out
        """
        found = read_circuit(self.services.circuits, circuit)
        values, targets = read_parameters(found, parameters), read_specs(found, specs)
        point = read_conditions(found, conditions)
        measurement = self.services.simulator.evaluate(found, values, point)
        return design_document(found, values, point, measurement, score(measurement, targets), targets)

    def size(self, circuit: str, policy: str = "", specs: dict[str, Any] | None = None,
             conditions: dict[str, Any] | None = None, initial: dict[str, Any] | None = None, budget: int = 5,
             seed: int = 0, over: str = "nominal", then: str = "stop", earlier: bool = True,
             samples: int = 0, yield_aim: str = "95%", pelgrom: str = "") -> Iterator[dict[str, Any]]:
        """Run and store a sizing session and stream it: what the model writes in its turn, and every finished turn.

        Args:
            circuit: name of a circuit, or its key
            policy: one of the circuit's policies; the best one for the budget, by measured shares, if left out
            specs: metric to {"low": value, "high": value} or one of them; the default specs if left out
            conditions: any of corner, temperature, supply, load; nominal if left out
            initial: starting values of some or all parameters; the rest is random by seed
            budget: simulations after the initial design, 1 to 5000
            seed: seeds the initial design and the policy
            over: where each design is judged, each spec by its worst value: nominal, corners (all corners, \
temperatures and supplies too), or a choice such as "tt,ss @ -40,125 @ 1.6,1.8", at most 64 points
            then: once all specs are met: stop, or what to push with the specs held until that is settled or the \
budget is spent, such as "minimize power", "minimize area", "maximize gbw/power" or "maximize margin"
            earlier: whether response surfaces begin with what stored sessions simulated of the circuit at the same \
conditions, and try the best designs of other conditions first
            samples: 0 to 100 random samples of mismatch and process that each design is judged at too, the same ones \
for every design
            yield_aim: percentage of the samples that must meet each spec, such as "95%"; or "3 sigma": their mean and \
so many standard deviations towards the bound must
            pelgrom: coefficients of mismatch to assume, A_VT in mV um and A_beta in % um, such as "3,1"; the \
foundry's if left out
        """
        found = read_circuit(self.services.circuits, circuit)
        number = read_count(budget, "budget", 1, SESSION_BUDGET)
        offered = [name for _, name in self.services.policies_for(circuit, number)]
        if read_text(policy, "policy") and policy not in offered:
            raise WrongInput(f"policy: {policy!r} cannot size {circuit}: choose one of {', '.join(offered)}.")
        seed = read_count(seed, "seed", 0, MAX_SEED)
        point = read_conditions(found, conditions)
        task = Task(found, read_specs(found, specs), point,
                    read_parameters(found, initial or {}, initial_design(found, seed)), number, seed,
                    plan=read_plan(found, point, over, samples, yield_aim, pelgrom),
                    goal=read_then(then))
        check_task(task)
        chosen = policy or offered[0]
        session_id = self.services.start(self.services.remembering(task, chosen) if earlier else task, chosen)
        yield from self._streamed(session_id)

    def act_on_plan(self, session_id: str, turn: int, plan: str, policy: str = "",
                    simulations: int = 5) -> Iterator[dict[str, Any]]:
        """Take a turn of a stored session anew with a plan in your words: a new session begins with the turns before \
it, the model writes the call that the plan asks for, then goes on by itself. Stored, marked as a person's plan, and \
streamed as by size.

        Args:
            session_id: id of a session; its circuit, specs, conditions and limits stay
            turn: the turn that is taken anew, from 1
            plan: what to change and why, such as "I raise w_in and cut i_b."; a checkpoint reads 600 ASCII characters
            policy: a language model that can size the circuit; the session's own if left out
            simulations: of the new session, the planned one among them
        """
        for name, text in (("session_id", session_id), ("plan", plan), ("policy", policy)):
            read_text(text, name)
        chosen = policy or self.store.summary(session_id).policy
        yield from self._streamed(self.forks.with_plan(session_id, turn, plan, chosen, simulations))

    def _streamed(self, session_id: str) -> Iterator[dict[str, Any]]:
        for state in self.services.states(session_id):
            current = state.current
            yield {**session_document(session_id, state), "link": f"?session={session_id}",
                   "writing": None if current is None else {"turn": current.index, "text": current.text}}

    def search_sessions(self, search: str = "", circuit: str = "", policy: str = "", status: str = "", source: str = "",
                        tag: str = "", passed: bool = False, starred: bool = False, sort: str = "created",
                        descending: bool = True, offset: int = 0, limit: int = 50) -> dict[str, Any]:
        """Stored sessions that match everything given, and how many there are in all.

        Args:
            search: words of the reasoning or of a note, or the beginning of an id
            circuit: name of a circuit
            policy: name of a policy or checkpoint
            status: running, passed, ended, budget, stopped, failed or interrupted
            source: app, cli, import, or the name of an evaluation suite
            tag: a tag
            passed: only sessions that met all specs
            starred: only starred sessions
            sort: created, circuit, policy, source, status, best_reward, passed, turns, budget or seed
            descending: the newest or largest first
            offset: rows to pass over
            limit: rows to return, 1 to 500
        """
        texts = {"circuit": circuit, "policy": policy, "status": status, "source": source, "tag": tag}
        filters = {"search": read_text(search, "search"), "passed": passed or None, "starred": starred or None,
                   **{name: read_text(text, name) or None for name, text in texts.items()}}
        rows = self.store.list(sort=read_text(sort, "sort"), descending=descending,
                               offset=read_count(offset, "offset", 0, 10**9),
                               limit=read_count(limit, "limit", 1, MOST_ROWS), **filters)
        return {"total": self.store.count(**filters), "sessions": [asdict(row) for row in rows]}

    def get_session(self, session_id: str) -> dict[str, Any]:
        """A stored session with all its turns: reasoning, parameters, metrics, reward; and its note, star and tags.

        Args:
            session_id: id of a session
        """
        return {**session_document(session_id, fold(self.store.events(read_text(session_id, "session_id")))),
                "notes": asdict(self.store.notes.read(session_id))}

    def export_session(self, session_id: str, kind: str = "jsonl") -> str:
        """A session as the text of a file.

        Args:
            session_id: id of a session
            kind: jsonl (the whole session, exact), html (the whole session to read), or its best design as netlist, \
json, csv, datasheet (HTML), datasheet-md, or zip (all that plain ngspice needs, in base64)
        """
        content = session_file(self.services, read_text(session_id, "session_id"), read_text(kind, "kind")).text
        return content if isinstance(content, str) else base64.b64encode(content).decode()


def _plain_errors(method: Callable) -> Callable:
    """What a caller did wrong comes back as its sentence."""
    expected = (WrongInput, StoreError, PolicyError, SimulatorError, ValueError)
    if inspect.isgeneratorfunction(method):
        @functools.wraps(method)
        def stream(*args, **kwargs):
            try:
                yield from method(*args, **kwargs)
            except expected as error:
                raise gr.Error(str(error), print_exception=False) from error
        return stream

    @functools.wraps(method)
    def call(*args, **kwargs):
        try:
            return method(*args, **kwargs)
        except expected as error:
            raise gr.Error(str(error), print_exception=False) from error
    return call
