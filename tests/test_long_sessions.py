"""Long sessions: what people are shown as best, what a checkpoint is shown, analyses that contradict their call."""

from dataclasses import replace

import pytest

from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.prompt.claims import contradictions
from sizing_app.prompt.compact import SHOWN_TURNS, TurnNumbers, as_in_prompt, numbers, render, shown
from sizing_app.task.definition import Task
from sizing_app.task.reward import best_design, score
from sizing_app.task.turn import Measurement, Proposal, Turn, best_turn

OTA = load_circuit("OTA")
GOLDEN = golden(OTA)
TASK = Task(OTA, OTA.specs, OTA.conditions.nominal, GOLDEN["parameters"], budget=9)


def _turn(index: int, **changed: float) -> Turn:
    measured = Measurement("ok", {**GOLDEN["metrics"], **changed})
    return Turn(index, Proposal(GOLDEN["parameters"]), measured, score(measured, OTA.specs))


def _history(count: int) -> tuple[Turn, ...]:
    return tuple(_turn(index, gain=40.0 + index) for index in range(count))


def test_the_best_of_equal_rewards_meets_most_specs_then_lacks_least():
    start = _turn(0, gain=10, gbw=1e6, pm=0, slew=0)
    late = Measurement("timeout", {})
    failed = Turn(1, Proposal(GOLDEN["parameters"]), late, score(late, OTA.specs))
    further, nearer = _turn(2, gbw=5e6), _turn(3, gbw=15e6)
    history = (start, failed, further, nearer, replace(nearer, index=4))
    assert {turn.reward for turn in history} == {0.0}
    assert best_turn(history) is start, "the paper's eq. 5 stays"
    assert best_design(history) is nearer and best_design(history[:3]) is further
    assert best_design(()) is None


@pytest.mark.parametrize("count", [1, 5, 6, 12])
def test_a_prompt_numbers_its_turns_as_in_training(count):
    history = _history(count)
    seen = shown(history)
    assert seen == (history if count <= SHOWN_TURNS + 1 else (history[0], *history[-SHOWN_TURNS:]))
    assert [part.split("{")[0] for part in render(TASK, history, "compact").split("<|turn|>")[1:]] == [
        str(number) for number in range(len(seen))]
    renumbered = tuple(replace(turn, index=number) for number, turn in enumerate(seen))
    assert render(TASK, history, "compact") == render(TASK, renumbered, "compact")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_reply_names_the_turns_of_the_session(size):
    renamed = TurnNumbers(numbers(_history(10)))
    text = "Turn 4 is worse. Turn 3 misses gain by 5%. From turn 3 I raise w_in. Return 2, turn 7, turn"
    pieces = [renamed.feed(text[start:start + size]) for start in range(0, len(text), size)]
    assert "".join([*pieces, renamed.finish()]) == (
        "Turn 9 is worse. Turn 8 misses gain by 5%. From turn 8 I raise w_in. Return 2, turn 7, turn")


def test_a_plan_that_names_the_turns_of_the_session_is_put_in_the_words_of_the_prompt():
    plan = "Turn 9 is worse. From turn 6 I raise w_in. Turn 3 is not shown"
    written = as_in_prompt(numbers(_history(10)), plan)
    assert written == "Turn 4 is worse. From turn 1 I raise w_in. Turn 3 is not shown"
    assert as_in_prompt(numbers(_history(4)), plan) == plan


@pytest.mark.parametrize("size", [1, 4, 100])
def test_what_a_policy_without_memory_calls_the_start_is_the_latest_turn(size):
    """Its prompt shows that turn alone."""
    latest = numbers(_history(4)[-1:])
    renamed, text = TurnNumbers(latest), "The start misses gain by 5%. From the start I cut the startup. The"
    pieces = [renamed.feed(text[start:start + size]) for start in range(0, len(text), size)]
    written = "".join([*pieces, renamed.finish()])
    assert written == "Turn 3 misses gain by 5%. From turn 3 I cut the startup. The"
    assert as_in_prompt(latest, written) == text


@pytest.mark.parametrize("moves, said", [
    ("I raise w_in, cut i_b and w_in", ["raise and cut w_in"]),
    ("I cut w_in", ["cut w_in, which raises it"]),
    ("I raise w_in and cut i_b", []),
    ("I raise w_in, w_pcas and lengthen l_in", ["raise w_pcas, which leaves it", "lengthen l_in, which leaves it"]),
    ("I think that w_in should grow", []),
])
def test_an_analysis_that_contradicts_its_call_is_a_problem(moves, said):
    before = GOLDEN["parameters"]
    after = {**before, "w_in": before["w_in"] * 1.2, "i_b": before["i_b"] * 0.8}
    found = contradictions(TASK, _history(1), Proposal(after, reasoning=f"The start misses gain by 5%. {moves}."))
    assert len(found) == len(said) and all(part in sentence for part, sentence in zip(said, found, strict=True))
