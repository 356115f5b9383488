"""What a turn is made of: a proposal, what was measured, what it is worth.

A sizing problem is single-state (TL-GRPO paper, section 3.1): a circuit never changes between turns, so history is a
plain tuple of past turns that is passed along, and nothing below holds state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sizing_app.circuit.definition import Parameters
from sizing_app.task.infeasible import Infeasible
from sizing_app.task.settled import Settled

Status = Literal["ok", "not_converged", "timeout", "crashed", "refused", "no_call"]
"""Outcome of a turn's simulation. no_call: the policy proposed nothing that could be simulated."""
NOT_SIMULATED: tuple[Status, ...] = ("refused", "no_call")
"""What takes a turn of the budget and no simulation."""


@dataclass(frozen=True)
class Measurement:
    """What one simulation told. A failure is a value: status and log say what happened, metrics are None."""

    status: Status
    metrics: Mapping[str, float | None]
    log: str = ""
    seconds: float = 0.0
    """Of the clock."""
    cpu: float = 0.0
    """Seconds that the simulator computed; 0 where it did not answer."""

    @property
    def ok(self) -> bool:
        return self.status == "ok"


@dataclass(frozen=True)
class SpecScore:
    """One spec against one measurement. ``margin`` is relative to the spec's scale, negative where it fails."""

    metric: str
    value: float | None
    score: float
    met: bool
    margin: float | None
    at: int = 0
    """Number of the point of the task's plan that decided."""


@dataclass(frozen=True)
class Score:
    """The unified verifiable reward of a turn (paper, eq. 14): ``reward`` in [0, 1], 1 only if every spec is met."""

    reward: float
    specs: tuple[SpecScore, ...]
    passed: bool

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        """Databases and files of versions before 0006_saved call the reward total: both are read, reward is written."""
        schema = handler(source)
        reward = next(item for item in schema["schema"]["fields"] if item["name"] == "reward")
        reward["validation_alias"] = [["reward"], ["total"]]
        return schema


Writing = Literal["reply", "thought", "notice", "again"]
"""What a piece of text belongs to. thought: what a model wrote before its reply; notice: a sentence for who waits;
again: all that was written in this turn is withdrawn, what counts follows."""


@dataclass(frozen=True)
class Delta:
    """A piece of text that a policy just wrote."""

    text: str
    kind: Writing = "reply"


@dataclass(frozen=True)
class Proposal:
    """What a policy decided in one turn. ``parameters`` is None where no valid call was made."""

    parameters: Parameters | None
    text: str = ""
    reasoning: str = ""
    finished: bool = False
    """The policy wrote <Design End>."""
    problems: tuple[str, ...] = ()
    """What was wrong with the output, each a sentence that a person can read."""
    tokens: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    held: Mapping[str, float] = field(default_factory=dict)
    """Parameters that were outside the task's limits, with the values that the policy had given them."""
    edited: Mapping[str, float] = field(default_factory=dict)
    """Parameters that a person changed before the simulation, with the values that they had before."""
    own_reasoning: str | None = None
    """What the policy had written where ``reasoning`` is a person's plan, on which it then acted; None where the
    reasoning is its own."""
    thoughts: str = ""
    """What a thinking model wrote before its reply: shown and stored, never read for a call, never sent back."""
    infeasible: Infeasible | None = None
    """Why a search holds that no design meets the specs; None as long as it does not."""
    settled: Settled | None = None
    """Why a search holds that the goal does not become any better, and ends the session with this design; None as long
    as it does not."""


@dataclass(frozen=True)
class GivenPlan:
    """A plan in a person's words, which a policy is to act on in its next turn."""

    words: str
    former: str = ""
    """What the policy had written in their place."""


@dataclass(frozen=True)
class Claim:
    """One statement of a turn's reasoning, checked against what was simulated (prompt/claims.py)."""

    text: str
    true: bool | None
    """None where it cannot be checked."""
    about: Literal["state", "move", "expectation"] = "state"
    """What was measured before, what the proposal changes, or what its simulation will show."""


@dataclass(frozen=True)
class Turn:
    """A finished turn. Index 0 is the initial design, which no policy proposed."""

    index: int
    proposal: Proposal
    measurement: Measurement | None
    """None where the policy only ended the session."""
    score: Score | None
    seconds: float = 0.0
    claims: tuple[Claim, ...] = ()
    points: tuple[Measurement, ...] = ()
    """Of the task's plan, one each; ``measurement`` is what decided. Empty where there is one point."""
    measured_at: tuple[int, ...] = ()
    """Numbers of the points that ``points`` are of, where the others were left out (session/points.py); empty: all of
    them. What the others would have shown could only have lowered the reward."""
    seen: int | None = None
    """Turns of the history that the policy saw; None: all that came before."""

    @property
    def reward(self) -> float:
        return self.score.reward if self.score else 0.0

    @property
    def simulations(self) -> int:
        """How many simulations it took, of all points together."""
        return sum(measured.status not in NOT_SIMULATED for measured in self.by_point().values())

    def by_point(self) -> dict[int, Measurement]:
        """What was measured, by the number of the point in the task's plan."""
        if not self.points:
            return {} if self.measurement is None else {0: self.measurement}
        return dict(zip(self.measured_at or range(len(self.points)), self.points, strict=True))


History = tuple[Turn, ...]


def best_turn(history: History) -> Turn | None:
    """The turn that a trajectory is worth (paper, eq. 5): the first one with the highest reward.

    People are shown reward.best_design, which tells apart turns of the same reward.
    """
    return max((turn for turn in history if turn.score), key=lambda turn: (turn.reward, -turn.index), default=None)


def latest_turn(history: History) -> History:
    """The latest turn as if it were the initial design: what a policy without memory is shown (paper, ST-iter)."""
    return (replace(history[-1], index=0),)
