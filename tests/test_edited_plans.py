"""A person edits a policy's plan, before its design is simulated or in a stored session: the policy acts on the words,
and they are theirs in trace, database, files and documents."""

import csv
import gzip
import io
import json
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sizing_app.cli import main
from sizing_app.errors import PolicyError
from sizing_app.hub import Hub
from sizing_app.policy.language_model import LanguageModel
from sizing_app.policy.plans import read_plan, takes_plans
from sizing_app.prompt import chat
from sizing_app.prompt.grammar import grammar
from sizing_app.prompt.values import at_position
from sizing_app.session.control import Control
from sizing_app.session.documents import session_document
from sizing_app.session.events import Proposed, SessionFinished, TurnFinished, fold
from sizing_app.session.file import read_session, write_session
from sizing_app.session.forks import ForkError, with_plan
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, record
from sizing_app.task.turn import Delta, GivenPlan, Proposal
from sizing_app.ui.exchange.api import Api
from sizing_app.ui.forks.forks import Forks
from sizing_app.ui.forks.group_view import GroupView
from sizing_app.ui.forks.plan_view import PlanView
from sizing_app.ui.parts.turn_row import turn_row
from sizing_app.ui.parts.turns import trace
from sizing_app.ui.services import Services, policy_titles
from tests.builders import POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write
from tests.checkpoint import a_history, a_query
from tests.e2e.stored import a_stored_session
from tests.test_model_servers import Server, contents

DATA = Path(__file__).parent / "data"
OWN, MINE = "I raise w.", "I cut w."


@dataclass
class Planner:
    """Makes the width three quarters or four thirds of what it was, as its plan says; its own plan is to raise it."""

    name: str = "chat"
    takes_plans: bool = True
    reads_hints: bool = False
    asked: list = field(default_factory=list)

    def propose(self, task, history, stop):
        yield from self.act(task, history, OWN, stop)

    def act(self, task, history, plan, stop):
        self.asked.append((len(history), plan))
        yield Delta(plan)
        width = history[-1].proposal.parameters["w"] * (4 / 3 if "raise" in plan else 3 / 4)
        yield Proposal({"w": width, "m": 10.0}, text=plan, reasoning=plan)


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield store
    store.close()


@pytest.fixture
def services(store):
    hub = Hub()
    yield Services({"TOY": a_circuit()}, store, hub, QuadraticSimulator(), lambda name: Planner(name),
                   policy_titles(chat=True), "TOY")
    hub.close()


def widths(history) -> list[float]:
    return [round(turn.proposal.parameters["w"] * 1e6, 6) for turn in history]


def a_session(services, budget: int = 3) -> str:
    session_id = services.start(a_task(budget=budget, w=27e-6), "chat")
    assert [*services.states(session_id)][-1].status == "budget"
    return session_id


def test_in_a_review_the_policy_acts_on_a_persons_plan_and_its_new_proposal_waits_again(store):
    control, shown, task = Control(review=True), [], a_task(budget=2, w=27e-6)
    decisions = iter([lambda: control.act_on(1, MINE), lambda: control.decide(2, {"m": 11.0}),
                      lambda: control.decide(3)])
    id = store.create(task, "chat")
    events = []
    for event in record(store, id, run_session(task, Planner(), QuadraticSimulator(), control)):
        events.append(event)
        if isinstance(event, Proposed) and event.review:
            shown.append((event.proposal.reasoning, event.proposal.own_reasoning))
            next(decisions)()
    state = fold(events)
    first, second = state.history[1:]
    assert shown == [(OWN, None), (MINE, OWN), (OWN, None)]
    assert widths(state.history) == [27.0, 20.25, 27.0] and first.proposal.edited == {"m": 10.0}
    assert (first.proposal.reasoning, first.proposal.own_reasoning) == (MINE, OWN)
    assert second.proposal.own_reasoning is None
    assert fold(store.events(id)) == state, "the words are stored as a person's"
    assert [claim.text for claim in first.claims] == ["cut w"] and first.claims[0].true


def test_a_persons_time_is_not_the_turns():
    control = Control(review=True)

    def later():
        threading.Timer(0.3, control.act_on, (1, MINE)).start()
        threading.Timer(0.6, control.decide, (2,)).start()

    task = replace(a_task(budget=1), initial={"w": 36e-6, "m": 10.0})
    events, started = run_session(task, Planner(), QuadraticSimulator(), control), time.perf_counter()
    state = fold(event for event in events
                 if not (isinstance(event, Proposed) and event.review and not event.proposal.own_reasoning and later()))
    assert control.waited > 0 and state.history[1].seconds + control.waited <= time.perf_counter() - started


def test_words_are_marked_as_a_persons_wherever_a_turn_is_shown():
    task = a_task(budget=2, w=27e-6)
    state = fold(run_session(task, Planner(), QuadraticSimulator(), threading.Event(), plan=GivenPlan(MINE, "<b>own")))
    first, second = ({block["key"]: block["html"] for block in trace(state)}[f"turn-{index}"] for index in (1, 2))
    assert "Plan by a person:</b> I cut w." in first and "What the policy had written" in first
    assert "&lt;b&gt;own" in first and "Plan by a person" not in second
    row = turn_row(task, state.history[:1], state.history[1], False)
    assert "a person" in row and "1 of 1 true" in row
    turns = session_document("x", state)["turns"]
    assert [turn["reasoning_by"] for turn in turns] == ["policy", "person", "policy"]
    assert turns[1]["own_reasoning"] == "<b>own"
    told = chat.messages(task, state.history[:2])[-1]["content"]
    assert "the plan of this turn was the engineer's: I cut w." in told


def test_a_stored_turn_is_taken_anew_with_a_persons_words(services, store):
    first = a_session(services)
    second = Forks(services).with_plan(first, 2, "  I cut\n w. ", "chat", 2)
    *_, state = services.states(second)
    assert widths(state.history) == [27.0, 36.0, 27.0, 36.0]
    assert state.history[:2] == fold(store.events(first)).history[:2]
    assert (state.history[2].proposal.reasoning, state.history[2].proposal.own_reasoning) == ("I cut w.", OWN)
    assert state.history[3].proposal.own_reasoning is None, "later turns are the policy's own"
    summary = store.summary(second)
    assert (summary.parent, summary.parent_turn, summary.budget) == (first, 1, 3)
    third = Forks(services).with_plan(second, 2, "I cut w again.", "chat", 1)
    *_, again = services.states(third)
    assert again.history[2].proposal.own_reasoning == OWN, "what the policy had written, not the person before"


@pytest.mark.parametrize("index, words, policy, further, message", [
    (0, MINE, "chat", 1, "a whole number from 1 to 3"), (4, MINE, "chat", 1, "a whole number from 1 to 3"),
    (1, MINE, "chat", 0, "Simulations: expected a whole number"), (1, "  ", "chat", 1, "The plan is empty"),
    (1, MINE, "random", 1, "random writes no plan before its design"),
    (1, "größer", "tl-grpo", 1, "cannot be read by tl-grpo"), (1, "x" * 2001, "chat", 1, "at most 2000 are read"),
    (1, "x" * 601, "sft", 1, "an analysis is 1 to 600 ASCII characters")])
def test_what_cannot_be_done_is_said_before_anything_starts(services, store, index, words, policy, further, message):
    first = a_session(services)
    with pytest.raises((ForkError, PolicyError), match=message):
        Forks(services).with_plan(first, index, words, policy, further)
    assert store.count() == 1


def test_a_model_without_words_for_the_circuit_acts_on_no_plan(services, store, monkeypatch):
    first = a_session(services)
    monkeypatch.setattr("sizing_app.policy.lack_of_words", lambda *_: "far")
    with pytest.raises(PolicyError, match="cannot size TOY: the checkpoint has no words for far"):
        Forks(services).with_plan(first, 1, MINE, "tl-grpo", 1)
    assert store.count() == 1


def test_only_policies_that_write_a_plan_offer_to_edit_it():
    offered = [name for name in ("tl-grpo", "sft", "gtpo", "chat", "tl-grpo+cma-es", "random", "golden", "mlp", "?")
               if takes_plans(name)]
    assert offered == ["tl-grpo", "sft", "gtpo", "chat"]
    states = {name: fold(run_session(a_task(budget=1), ScriptedPolicy([write("a", POOR)], name), QuadraticSimulator(),
                                     threading.Event())) for name in ("tl-grpo", "random")}
    shown = {name: "".join(block["html"] for block in trace(state)) for name, state in states.items()}
    assert shown["tl-grpo"].count('data-event="edit_plan"') == 1 and "edit_plan" not in shown["random"]
    *_, end = run_session(a_task(), ScriptedPolicy([], "random"), QuadraticSimulator(), threading.Event(),
                          plan=GivenPlan(MINE))
    assert end == SessionFinished("failed", "The policy random takes no plans.")


def test_the_panel_fills_in_what_the_turn_said_and_says_why_where_there_is_nothing(services):
    import gradio as gr
    with gr.Blocks():
        view, group = PlanView("run", services), GroupView("run", services)
    first = a_session(services)
    accordion, note, policy, button, index, words, _ = view.opened(first)
    assert accordion.visible and button.interactive and (policy.value, index, words) == ("chat", 1, OWN)
    assert view.plan_of(first, 9) == view.plan_of(first, 0) == view.plan_of(first, None) == ""
    assert "no plan" not in note
    searched = services.store.create(a_task(), "random")
    assert "random writes no plan before its design" in view.opened(searched)[1]
    assert not view.opened("")[0].visible and not view.opened("nosuchid")[0].visible
    for panel in (view.opened(first)[0], group.opened(first)[1]):
        assert panel._constructor_args[0] == {"visible": True}, "would close what a button opened in the meantime"
    target, problem = view.begin(first, 1, "", "chat", 1)
    assert target == "" and "The plan is empty" in problem
    target, problem = view.begin(first, 1, MINE, "chat", 1)
    assert problem == "" and [*services.states(target)][-1].history[1].proposal.reasoning == MINE


def test_a_program_forks_a_turn_with_a_plan(services):
    first = a_session(services)
    *_, last = Api(services).act_on_plan(first, 1, MINE, simulations=1)
    assert (last["status"], last["link"]) == ("budget", f"?session={last['session_id']}")
    assert [(turn["reasoning"], turn["reasoning_by"]) for turn in last["turns"]] == [("", "policy"), (MINE, "person")]


def test_a_hint_is_the_first_plan_of_a_policy_that_reads_none():
    task = replace(a_task(budget=2, w=27e-6), hint=" I cut\nw. ")
    for reads, words in ((False, [MINE, OWN]), (True, [OWN, OWN])):
        state = fold(run_session(task, Planner(reads_hints=reads), QuadraticSimulator(), threading.Event()))
        assert [turn.proposal.reasoning for turn in state.history[1:]] == words
    assert state.history[1].proposal.own_reasoning is None
    resumed = fold(run_session(replace(task, budget=3), Planner(), QuadraticSimulator(), threading.Event(),
                               state.history[:2]))
    assert all(turn.proposal.own_reasoning is None for turn in resumed.history), "a session that goes on has begun"
    assert read_plan("chat", "größer") == "größer"
    with pytest.raises(PolicyError, match="cannot be read by tl-grpo"):
        read_plan("tl-grpo", "größer")


def test_a_persons_plan_leaves_in_a_file_and_comes_back(store):
    id = a_stored_session(store)
    started, *turns, ended = store.events(id)
    mine = replace(turns[1].turn, proposal=replace(turns[1].turn.proposal, reasoning=MINE, own_reasoning=OWN))
    events = [started, turns[0], TurnFinished(mine), *turns[2:], ended]
    assert read_session(write_session("a", events).encode()).events == events
    line = json.loads(write_session("a", events).splitlines()[2])
    line["turn"]["proposal"]["own_reasoning"] = 3
    with pytest.raises(ValueError, match="own_reasoning"):
        read_session("\n".join([*write_session("a", events).splitlines()[:2], json.dumps(line),
                                *write_session("a", events).splitlines()[3:]]).encode())


def test_a_former_database_holds_no_plans_of_persons_and_its_turns_can_be_given_some(tmp_path):
    file = tmp_path / "old.db"
    file.write_bytes(gzip.decompress((DATA / "sessions-0004.db.gz").read_bytes()))
    store = SessionStore(f"sqlite:///{file}")
    for row in store.list():
        state = fold(store.events(row.id))
        assert all(turn.proposal.own_reasoning is None for turn in state.history)
        fork = with_plan(state, 1, MINE, 1)
        assert fork.history == state.history[:1] and fork.plan == GivenPlan(MINE, state.history[1].proposal.reasoning)
        child = store.create(fork.task, "tl-grpo", row.id, parent_turn=0)
        planned = replace(state.history[1], proposal=replace(state.history[1].proposal, own_reasoning="was"))
        store.append(child, TurnFinished(planned))
        assert fold(store.events(child)).history == (planned,)
    store.close()


def test_the_command_line_marks_a_persons_plan_in_its_csv(tmp_path, capfd):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    task = a_task(budget=1, w=27e-6)
    id = store.create(task, "chat")
    list(record(store, id, run_session(task, Planner(), QuadraticSimulator(), threading.Event(), plan=GivenPlan(MINE))))
    store.close()
    database = ["--database", f"sqlite:///{tmp_path}/sessions.db"]
    assert main(["sessions", "export", id, *database]) == 0
    rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out)))
    assert [row["reasoning_by"] for row in rows] == ["policy", "person"]
    assert main(["sessions", "show", id, *database]) == 0 and "(a person's plan)" in capfd.readouterr().out
    for words, code, message in ((["--turn", "2"], 2, "a whole number from 1 to 1"),
                                 (["--turn", "1", "--policy", "random"], 1, "writes no plan"),
                                 (["--turn", "1", "--policy", "nope"], 2, "unknown policy 'nope'")):
        assert main(["fork", id, "--plan", MINE, *words, *database]) == code
        assert message in capfd.readouterr().err


def test_the_command_line_lets_the_shipped_checkpoint_act_on_a_plan(tmp_path, capfd):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    first = a_stored_session(store)
    before = fold(store.events(first)).history
    words = ["--turn", "1", "--plan", "I raise w_in.", "--budget", "1", "--json"]
    assert main(["fork", first, *words, "--database", f"sqlite:///{tmp_path}/sessions.db"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert [turn["reasoning_by"] for turn in found["turns"]] == ["policy", "person"]
    turn = fold(store.events(found["session_id"])).history[1]
    assert turn.proposal.text.startswith("<Analyze>I raise w_in.</Analyze><tool_call>")
    assert turn.proposal.own_reasoning == before[1].proposal.reasoning and turn.measurement.ok
    assert store.summary(found["session_id"]).parent_turn == 0
    store.close()


def test_a_chat_model_is_told_the_plan_and_its_call_counts(ota):
    task = a_query(ota)
    call = json.dumps({"name": "simulate", "arguments": dict(task.initial)})
    with Server(contents(f"<tool_call>{call}</tool_call>")) as server:
        model = LanguageModel("chat", server.url, "served")
        *_, proposal = model.act(task, a_history(task, 1), "Mehr Strom: größer.", threading.Event())
        content = server.requests[-1]["messages"][-1]["content"]
    assert "has written your reasoning for this turn: Mehr Strom: größer." in content
    assert proposal.parameters == pytest.approx(dict(task.initial)) and model.takes_plans and model.reads_hints


def test_what_word_processors_write_is_read_by_a_checkpoint():
    plan = "I raise w_in \u2014 from 3 \u00b5m \u2212 \u201ca little\u201d."
    assert read_plan("tl-grpo", plan) == plan, "a person's words stay as they are"


def test_the_grammar_allows_only_positions_within_the_limits(ota):
    width, current = ota.parameters[0], ota.parameter("i_b")
    low, high = at_position(width, 40), at_position(width, 43)
    rules = grammar(ota, False, {width.name: (low, high), current.name: (current.low * 1.001, current.low * 1.001)})
    allowed = rules.split(f'"\\"{width.name}\\": \\"" (')[1].split(")")[0].replace('"', "").split(" | ")
    assert {"40", "43"} <= set(allowed) and all(low <= at_position(width, int(place)) <= high for place in allowed)
    outside = [place for place in range(101) if str(place) not in allowed]
    assert not any(low <= at_position(width, place) <= high for place in outside)
    assert f'"\\"{current.name}\\": \\"" ("0") ' in rules, "where no position lies within, the nearest"
    assert grammar(ota) == grammar(ota, False, {})


def test_a_person_may_go_on_in_review_until_the_session_is_stopped():
    control = Control(review=True)
    rounds = iter([MINE, OWN, MINE])

    def decide(event):
        if isinstance(event, Proposed) and event.review:
            plan = next(rounds, None)
            control.set() if plan is None else control.act_on(event.review, plan)

    events, task = [], replace(a_task(), initial={"w": 36e-6, "m": 10.0})
    for event in run_session(task, Planner(), QuadraticSimulator(), control):
        events.append(event)
        decide(event)
    assert fold(events).status == "stopped" and len(fold(events).history) == 1
    assert [event.proposal.own_reasoning for event in events if isinstance(event, Proposed)] == [None, OWN, OWN, OWN]
