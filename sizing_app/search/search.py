"""The search: told what was simulated, asked what to try next.

One surface a metric around the best design (surface.py), a region in which it is believed (region.py), and in each
round of four the best point (propose.py) of the mean surfaces in the region, of one sample of them, and of mean and
sample of surfaces that are fitted to the whole space. Samples stand for what the surfaces do not know yet: a design is
tried as often as it may be the best (Thompson sampling, Biometrika 1933), with every spec a constraint of its own
(SCBO: Eriksson and Poloczek, AISTATS 2021). The surfaces over the whole space lead out of valleys that the local ones
would never leave. Once there are some designs to choose from, crossings of the best ones (differential evolution) take
the place of the wide sample: they keep to valleys that no quadratic follows. Once a design meets all specs and the task
has a goal, they take that of the wide mean. A search may begin with what earlier sessions simulated (earlier.py).

What is proposed depends on the task, its seed and what was told, in that order, and on nothing else: not on who made
the designs that were told, nor on how many are simulated at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sizing_app.circuit.definition import Parameters
from sizing_app.search.deciding import Columns, columns
from sizing_app.search.earlier import Elsewhere, Known
from sizing_app.search.objective import Objective
from sizing_app.search.propose import best_points, box, candidates, crossings, first_new
from sizing_app.search.region import Region, follow
from sizing_app.search.space import Space
from sizing_app.search.surface import Surface
from sizing_app.task.definition import Task
from sizing_app.task.reward import merit, ruled, score
from sizing_app.task.turn import Measurement, Turn

ROUND = 4
"""Designs that are proposed from the same knowledge."""
SPREAD = 8
"""Designs of a Latin hypercube that are simulated after the first one, before the surfaces have a say."""
WIDE_ROWS, WIDE_SHAPES = 300, ((1.0, 0.05), (1.0, 0.2), (1.0, 0.5))
"""Designs, and prior, of the surfaces over the whole space."""
NARROWEST = 0.05
"""Half-width below which the region of a fit does not shrink until all specs are met: it would have too few designs."""
SIDES = (0.5, 1.6)
"""Range of the half-widths of the boxes of local samples, in units of the region's."""
CLOSE = (0.002, 0.02)
"""Range of the heights that are aimed at while a goal is pushed: the best designs are at their bounds."""
Kind = Literal["earlier", "elsewhere", "spread", "local mean", "global mean", "local sample", "global sample",
               "crossing"]
KINDS: tuple[Kind, ...] = ("local mean", "global mean", "local sample", "global sample")
"""What the proposals of a round are made from."""
CROSSING_KINDS: tuple[Kind, ...] = ("local mean", "global mean", "local sample", "crossing")
"""The same from CROSSING designs on."""
CROSSING = 100
PUSHING_KINDS: tuple[Kind, ...] = ("local mean", "crossing", "local sample", "global sample")
"""The same while a goal is pushed."""
CROSSED = 16
"""Designs, the best ones, whose differences are added to the best one in crossings."""


@dataclass(frozen=True)
class Suggestion:
    """A design to simulate, what it was made from, and what it is expected to show."""

    parameters: Parameters
    kind: Kind
    side: float = 1.0
    """Half-width of the box around the best design that it was looked for in."""
    mean: np.ndarray | None = None
    """Expected levels of the specs' metrics (objective.py), shape (specs,); NaN where nothing is known of one."""
    deviation: np.ndarray | None = None
    """Their standard deviations."""


class Search:
    """Ask and tell, for one task; ``earlier`` designs are known before anything is told, and some that were good
    ``elsewhere`` are tried first."""

    def __init__(self, task: Task, earlier: Sequence[Known] = (), elsewhere: Sequence[Elsewhere] = ()):
        self.task = task
        self.space = Space(task.circuit, task.limits)
        self.objective = Objective(task.circuit, task.specs, task.goal)
        self._points: list[np.ndarray] = []
        self._levels: list[np.ndarray] = []
        self._values: list[float] = []
        self._met: list[bool] = []
        self._found: list[dict[int, np.ndarray]] = []
        self._deciding: list[tuple[int, ...]] = []
        self._whole: list[bool] = []
        self._region: Region | None = None
        self._columns: Columns | None = None
        self._surface: Surface | None = None
        self.earlier: tuple[Known, ...] = ()
        """Those that the search was told of, before the first turn."""
        for item in earlier:
            self._tell_earlier(item)
        self.elsewhere = tuple(elsewhere) if self.spread else ()
        """In place of the first designs of the Latin hypercube."""

    def tell(self, design: Parameters, measurement: Measurement | None,
             points: Mapping[int, Measurement] | None = None, deciding: Sequence[int] = (),
             whole: bool = True) -> None:
        """A design that was simulated; one without a result is information, too. Over a plan: what decided, what was
        measured by the number of the point, the point that decided each spec, and whether that was all there is to
        know."""
        self._points.append(self.space.point(design))
        self._levels.append(self.objective.measured(measurement))
        self._judge(design, measurement, (points or {}).get(0, measurement), whole)
        judged = {0: measurement} if points is None else ruled(points, self.task.specs, self.task.plan)
        self._found.append({number: self.objective.measured(item) for number, item in judged.items()})
        self._deciding.append(tuple(deciding))
        self._whole.append(whole)
        self._region = self._columns = self._surface = None

    def _judge(self, design: Parameters, measurement: Measurement | None, nominal: Measurement | None,
               whole: bool) -> None:
        """Whether a design meets all specs, and the value of the goal."""
        judged = score(measurement, self.task.specs) if measurement is not None else None
        self._met.append(whole and judged is not None and judged.passed)
        value = None
        if self.task.goal is not None and judged is not None and nominal is not None and nominal.ok:
            value = self.task.goal.value(self.task.circuit, design, nominal.metrics, judged.specs)
        self._values.append(np.nan if value is None else value)

    def _tell_earlier(self, item: Known) -> None:
        deciding = [part.at for part in item.score.specs] if item.measurement.ok else ()
        self.tell(item.parameters, item.measurement, item.points, deciding, item.whole)
        self.earlier = (*self.earlier, item)

    def tell_turns(self, turns: Sequence[Turn]) -> None:
        """The turns of a history that have a design."""
        for turn in turns:
            if turn.proposal.parameters is not None:
                failed = turn.measurement is None or not turn.measurement.ok
                deciding = [part.at for part in turn.score.specs] if turn.score and not failed else ()
                self.tell(turn.proposal.parameters, turn.measurement, turn.by_point(), deciding,
                          failed or not turn.measured_at)

    @property
    def points(self) -> np.ndarray:
        """What was told: points of the unit cube, shape (designs, parameters)."""
        return np.array(self._points).reshape(len(self._points), self.space.size)

    @property
    def levels(self) -> np.ndarray:
        """What was told: levels of the specs' metrics, shape (designs, specs), over a plan the worst measured ones."""
        return np.array(self._levels).reshape(len(self._levels), len(self.objective.specs))

    @property
    def whole(self) -> np.ndarray:
        """Of which designs all is known, shape (designs,); the others were not measured at all points, being no better
        than the best one before them."""
        return np.array(self._whole, dtype=bool)

    @property
    def shortfalls(self) -> np.ndarray:
        """Shape (designs,); of a design that was not measured everywhere, at least that of the best one before it."""
        own, whole = self.objective.shortfall(self.levels), self.whole
        return np.where(whole, own, np.maximum(own, np.minimum.accumulate(np.where(whole, own, np.inf))))

    @property
    def gains(self) -> np.ndarray | None:
        """What each design gained for the goal, shape (designs,), NaN without a value; None without a goal."""
        return self.objective.gains(self.values) if self.task.goal is not None else None

    @property
    def losses(self) -> np.ndarray:
        """What is minimized, shape (designs,)."""
        return self.objective.losses(self.shortfalls, self.met, self.gains)

    @property
    def best(self) -> int:
        """The place, among the designs that were told, of the one with the least loss."""
        return int(np.argmin(self.losses))

    @property
    def met(self) -> np.ndarray:
        """Which designs meet every spec, shape (designs,)."""
        return np.array(self._met, dtype=bool)

    @property
    def values(self) -> np.ndarray:
        """Of the goal, in SI units, shape (designs,); NaN where a design has none."""
        return np.array(self._values)

    @property
    def pushing(self) -> bool:
        """Whether the search is about the task's goal: some design meets every spec."""
        return self.task.goal is not None and any(self._met)

    def region(self) -> Region:
        """Where the search is."""
        if self._region is None:
            self._region = follow(self.points, self.losses, len(self.earlier) + self.spread + 1, ROUND)
        return self._region

    def columns(self) -> Columns:
        """What surfaces are fitted to."""
        if self._columns is None:
            order = np.argsort(self.losses, kind="stable")
            deciding = [self._deciding[place] for place in order if self.whole[place]]
            self._columns = columns(self.objective, self._found, deciding, self.gains)
        return self._columns

    def surface(self) -> Surface:
        """The surfaces of the region."""
        if self._surface is None:
            region, points = self.region(), self.points
            length = region.width if self.pushing else max(region.width, NARROWEST)
            self._surface = self.fit(points[region.centre], length)
        return self._surface

    def fit(self, centre: np.ndarray, length: float, **settings) -> Surface:
        """Surfaces around a point, of all that is known."""
        return Surface(self.points, self.columns().values, centre, length, **settings)

    def ask(self, n: int = ROUND) -> list[Suggestion]:
        """The next ``n`` designs: up to ROUND of them from the same knowledge, and no dearer than one by one."""
        told, known = len(self._points) - len(self.earlier), self.points
        plan = self.space.spread(SPREAD, np.random.default_rng([abs(self.task.seed), 0]))
        first, wide, suggestions = self._first(), None, []
        for place in range(told, told + n):
            if 0 < place <= len(first):
                point = self.space.point(first[place - 1].parameters)
                suggestions.append(first[place - 1])
            elif place <= self.spread:
                point = plan[place - 1]
                suggestions.append(Suggestion(self.space.design(point), "spread"))
            else:
                kind = self._kind(place)
                wide = wide or (kind.startswith("global") and self._wide())
                surface = wide if kind.startswith("global") else self.surface()
                rng = np.random.default_rng([abs(self.task.seed), place])
                side = self.region().width * (np.exp(rng.uniform(*np.log(SIDES))) if kind == "local sample" else 1.0)
                point = self._point(kind, surface, side, known, rng)
                suggestions.append(self.suggestion(point, kind, float(side), surface))
            known = np.concatenate([known, point[None]])
        return suggestions

    def _kind(self, place: int) -> Kind:
        """What the proposal at a place, after the spread, is made from."""
        kinds = PUSHING_KINDS if self.pushing else CROSSING_KINDS if len(self.earlier) + place >= CROSSING else KINDS
        return kinds[(place - self.spread - 1) % len(kinds)]

    def suggestion(self, point: np.ndarray, kind: Kind, side: float, surface: Surface) -> Suggestion:
        """The design at a point, with what a surface expects there."""
        mean, which = self.columns().worst(surface.mean_surface().at(point[None])[0])
        deviation = self.columns().deviation(which, surface.uncertainty(point[None])[0])
        return Suggestion(self.space.design(point), kind, side, mean, deviation)

    @property
    def spread(self) -> int:
        """Designs of a Latin hypercube, which a search that knows enough does without."""
        return SPREAD if len(self.earlier) < SPREAD else 0

    def _first(self) -> list[Suggestion]:
        """What earlier sessions found, which is simulated before anything else."""
        best = [] if self.best_earlier is None else [Suggestion(self.earlier[self.best_earlier].parameters, "earlier")]
        return [*best, *(Suggestion(item.parameters, "elsewhere") for item in self.elsewhere)]

    @property
    def best_earlier(self) -> int | None:
        """The place of the best design of earlier sessions, if there is one. Where none was measured at all points of
        the task, none has a loss, and the best one is what people would call so."""
        losses = self.losses[:len(self.earlier)]
        if np.isfinite(losses).any():
            return int(np.argmin(losses))
        return max(range(len(losses)), key=lambda place: merit(self.earlier[place].score), default=None)

    def _wide(self) -> Surface:
        """The surfaces over the whole space."""
        return self.fit(self.points[self.region().centre], 1.0, rows=WIDE_ROWS, shapes=WIDE_SHAPES)

    def _point(self, kind: Kind, surface: Surface, side: float, known: np.ndarray,
               rng: np.random.Generator) -> np.ndarray:
        """A point of a kind that is none of the ``known`` ones."""
        model = surface.mean_surface() if kind.endswith("mean") else surface.sample(rng)
        room = np.exp(rng.uniform(*np.log(CLOSE))) if self.pushing else None
        low, high = self.space.low, self.space.high
        if kind == "crossing":
            best = np.argsort(self.losses, kind="stable")[:CROSSED]
            points = crossings(self.space, self.points[best], rng)
            points = points[np.argsort(self.columns().cost(model.at(points), room), kind="stable")]
            return first_new(points, known, self.space, low, high, rng)
        if kind.startswith("local"):
            low, high = box(self.space, surface.centre, side)
        points = candidates(self.space, surface.centre, low, high, side, rng)
        points = best_points(lambda tried: self.columns().cost(model.at(tried), room), self.space, points, low, high,
                             rng)
        return first_new(points, known, self.space, low, high, rng)
