"""Claims of an analysis against the facts: what the closed language says by itself is true, what is changed is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.policy.designs import initial_design
from sizing_app.pools.targets import DesignGrid, metric_row
from sizing_app.prompt.analysis import end_text, move_text
from sizing_app.prompt.claims import claims, in_reach, truth, unread
from sizing_app.task.reward import reached, score
from sizing_app.task.turn import Measurement, Proposal, Turn
from tests.builders import GOOD, POOR, QuadraticSimulator, a_task

TASK = a_task()
BAD, WIDE = {"w": 90e-6, "m": 15.0}, {"w": 40e-6, "m": 1.0}


def simulated(index: int, parameters, reasoning: str = "") -> Turn:
    measured = QuadraticSimulator().evaluate(TASK.circuit, parameters, TASK.conditions)
    return Turn(index, Proposal(parameters, reasoning, reasoning), measured, score(measured, TASK.specs))


def failed(index: int) -> Turn:
    measured = Measurement("not_converged", {metric.name: None for metric in TASK.circuit.metrics})
    return Turn(index, Proposal(BAD), measured, score(measured, TASK.specs))


def written(history, turn: Turn) -> Turn:
    """The turn with the analysis that the language has for it."""
    design = DesignGrid(TASK.circuit).index(turn.proposal.parameters)
    text = move_text(TASK, history, design, metric_row(TASK.circuit, turn.measurement))
    return replace(turn, proposal=replace(turn.proposal, reasoning=text))


def said(text: str, *history: Turn, then=GOOD) -> dict[str, bool]:
    turn = simulated(len(history), then, text)
    return {claim.text: claim.true for claim in claims(TASK, history, turn)}


@given(st.lists(st.integers(0, 10 ** 6), min_size=2, max_size=5), st.booleans())
def test_what_the_language_says_of_a_turn_is_true(seeds, breaks):
    *former, last = [simulated(index, initial_design(TASK.circuit, seed)) for index, seed in enumerate(seeds)]
    if breaks:
        former.append(failed(len(former)))
        last = replace(last, index=len(former))
    history = tuple(former)
    if reached(history):
        history = history[:1 + next(turn.index for turn in history if turn.score.passed)]
        turn = Turn(len(history), Proposal(None, reasoning=end_text(history), finished=True), None, None)
    else:
        turn = written(history, last)
    assert all(claim.true for claim in claims(TASK, history, turn)), turn.proposal.reasoning
    assert truth(TASK, history, turn) == 1.0
    assert unread(TASK.circuit, turn.proposal.reasoning) == []


@pytest.mark.parametrize("words, found", [
    ("I raise w and cut m. I expect gain up.", []), ("From turn 2 I only trim w", []),
    ("Cut the width by 10 percent, please. I cut w.", ["Cut the width by 10 percent, please"]),
    ("I raise i_b", ["I raise i_b"]), ("I expect beauty up", ["I expect beauty up"]), ("", [])])
def test_sentences_that_a_checkpoint_has_no_words_for_are_named(words, found):
    assert unread(TASK.circuit, words) == found


def test_each_kind_of_claim_is_checked():
    start = simulated(0, WIDE)
    assert said("The start misses gain by 40%, 1 of 2 specs is met. I cut w and raise m. I expect gain and power up.",
                start) == {"misses gain by 40%": True, "1 of 2 met": True, "cut w": True, "raise m": True,
                           "gain up": True, "power up": True}
    assert said("The start misses gain by 35% and power by 5%, 2 of 2 specs are met. I raise w and cut m. "
                "I expect gain down and noise up.", start) == {
        "misses gain by 35%": False, "misses power by 5%": False, "2 of 2 met": False, "raise w": False,
        "cut m": False, "gain down": False, "noise up": False}
    assert said("Turn 1 is worse. From turn 0 I lengthen w.", start, simulated(1, BAD)) == {
        "turn 1 is worse": True, "lengthen w": False}
    assert said("Turn 1 gives no result. Turn 7 is worse. I only trim m.", start, failed(1)) == {
        "turn 1 gives no result": True, "turn 7 is worse": False, "only trim m": False}
    assert said("Turn 0 meets all 2 specs. Turn 1 meets all 2 specs.", start, simulated(1, GOOD)) == {
        "turn 0 meets all 2 specs": False, "turn 1 meets all 2 specs": True}


@pytest.mark.parametrize("text", [
    "", "and and and", "I expect gain and and and.", "gain gain. gain.", "Turn 9 misses ,.", "I raise", "I only trim .",
    "From turn 5 I cut w.", "The start misses  by %, 0 of 0 specs are met."])
def test_noise_is_not_true(text):
    history = (simulated(0, POOR),)
    assert truth(TASK, history, simulated(1, GOOD, text)) == 0.0


def test_repetition_and_silence_do_not_pay():
    history = (simulated(0, POOR),)
    whole = truth(TASK, history, written(history, simulated(1, GOOD)))
    short = truth(TASK, history, simulated(1, GOOD, "I cut w."))
    again = truth(TASK, history, simulated(1, GOOD, "I cut w. I cut w. I cut w. I cut w. I cut w. I cut w."))
    assert whole == 1.0 and again <= short < 0.5
    assert truth(TASK, history, simulated(1, GOOD, " ".join(9 * ["I cut w."]))) < short


def test_without_a_design_nothing_that_is_said_of_it_is_true():
    nothing = Turn(1, Proposal(None, reasoning="I cut w. I expect gain up."), Measurement("no_call", {}),
                   score(Measurement("no_call", {}), TASK.specs))
    assert truth(TASK, (simulated(0, POOR),), nothing) == 0.0


def test_a_move_is_in_reach_where_the_range_leaves_room_for_it():
    history = (simulated(0, {"w": 100e-6, "m": 1.0}),)
    turn = simulated(1, {"w": 100e-6, "m": 2.0}, "I raise w and m.")
    up, wide = claims(TASK, history, turn)
    assert not up.true and not in_reach(TASK, history, turn, up)
    assert wide.true and in_reach(TASK, history, turn, wide)
    back = simulated(1, {"w": 90e-6, "m": 1.0}, "I cut w and raise x. ")
    assert [in_reach(TASK, history, back, claim) for claim in claims(TASK, history, back)] == [True, True]
