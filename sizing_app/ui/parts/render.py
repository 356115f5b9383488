"""Words and numbers that all parts of the pages share: marks of specs, margins, rewards, seconds.

All HTML is made with markupsafe.Markup, whose format() escapes what models and users wrote.
"""

from markupsafe import Markup

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Metric, Spec
from sizing_app.circuit.units import show_quantity
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.task.over import covers_corners, show_aim
from sizing_app.task.turn import Score, SpecScore

NEARLY = 0.10
"""A failed spec counts as nearly met while it misses by at most this share of its scale."""
WORDS = {"met": ("\u2713", "met"), "nearly": ("\u2248", "nearly"), "failed": ("\u2715", "failed"),
         "missing": ("\u2013", "no value")}
STATUS = {"running": "Running", "passed": "All specs met", "ended": "Ended by the policy", "budget": "Budget spent",
          "stopped": "Stopped", "failed": "Failed", "interrupted": "Interrupted"}
MINUS = "\u2212"


def block(key: str, html: str) -> dict:
    """One keyed piece of escaped HTML for components.blocks; while its HTML stays, its node in the page stays."""
    return {"key": key, "html": str(html)}


def alert(text: str) -> str:
    """What went wrong, as a paragraph; empty where nothing did."""
    return str(Markup('<p class="warning" role="alert">{}</p>').format(text)) if text else ""


def counted(count: int, noun: str, plural: str = "") -> str:
    """1 design, 2 designs, 3 supplies."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def verdict(part: SpecScore) -> str:
    """met, nearly, failed or missing."""
    if part.value is None:
        return "missing"
    if part.met:
        return "met"
    return "nearly" if part.margin is not None and part.margin >= -NEARLY else "failed"


def percent(margin: float | None) -> str:
    """A margin relative to the spec's scale: +12 %, −3 %."""
    if margin is None:
        return ""
    size = abs(margin) * 100
    sign = "+" if margin >= 0 else MINUS
    if size >= 999.5:
        return f"{'>' if margin >= 0 else '<'} {sign}999 %"
    return f"{sign}{size:.1f} %" if size < 9.95 else f"{sign}{size:.0f} %"


def room(spec: Spec, value: float) -> float:
    """From a value to the nearest bound of a spec, in the metric's unit; negative where the spec is missed."""
    if not spec.met(value):
        return -spec.shortfall(value)
    return min(abs(value - bound) for bound in (spec.low, spec.high) if bound is not None)


def margin_text(metric: Metric, spec: Spec, value: float | None) -> str:
    """The room as people write it: +4.7 dB, −2.8 MHz; empty without a value or where one value alone is good."""
    if value is None or (spec.low == spec.high and spec.met(value)):
        return ""
    size = room(spec, value)
    return f"{'+' if size >= 0 else MINUS}{metric.show(abs(size), 3)}"


def target(spec: Spec, unit: str) -> str:
    """The bounds of a spec: ≥ 75 dB, ≤ 420 µW, 60° … 88°, = 8."""
    return spec.show(unit).replace(">=", "\u2265").replace("<=", "\u2264").replace("..", "\u2026")


def reward(value: float) -> str:
    """Three decimals; a near miss never reads as 1.000."""
    return f"{value:.3f}" if value == 1.0 else f"{min(value, 0.999):.3f}"


def duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def met_count(score: Score | None) -> str:
    parts = score.specs if score else ()
    return f"{sum(part.met for part in parts)} of {len(parts)}"


def designs(state: SessionState) -> int:
    """Designs that were spent of the budget; each may have taken several simulations."""
    return sum(1 for turn in state.history if turn.index > 0 and turn.measurement is not None)


def task_line(task: Task, policy: str) -> str:
    parts = (task.circuit.name, conditions_line(task), over(task), f"policy {policy}", f"seed {task.seed}")
    return " \u00b7 ".join(filter(None, parts))


def over(task: Task) -> str:
    """The conditions beside the task's own: over 45 corners and 95% of 40 random samples; empty where there are none.
    """
    if len(task.points) == 1:
        return ""
    samples = len(task.plan.samples)
    others = len(task.points) - samples
    found = [f"{others} {'corners' if covers_corners(task) else 'conditions'}"] if others > 1 else []
    aim = "" if not samples or task.plan.share == 1 and task.plan.sigmas is None else f"{show_aim(task.plan)} of "
    return "over " + " and ".join([*found, *([f"{aim}{samples} random samples"] if samples else [])])


def conditions_line(task: Task) -> str:
    text = _conditions(task.conditions)
    return text if task.stated is None else f"{text} (the policy was told: {_conditions(task.stated)})"


def place(point: Conditions) -> str:
    """Where a value was measured, in few words."""
    sample = "" if point.draw is None else f", sample {point.draw.sample}"
    return f"{point.corner}, {show_quantity(point.temperature, 'C')}, {show_quantity(point.supply, 'V')}{sample}"


def decided_at(task: Task, number: int) -> str:
    """The place of one of a task's points, or what stands for its samples."""
    pooled = task.plan is not None and number in task.plan.pooled
    return task.place(number) if pooled else place(task.points[number])


def _conditions(point: Conditions) -> str:
    return (f"{point.corner} corner, {show_quantity(point.temperature, 'C')}, {show_quantity(point.supply, 'V')}, "
            f"{show_quantity(point.load, 'F')} load")
