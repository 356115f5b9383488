"""A front as plain documents: what --json and the API give, and a table of its designs. SI units."""

import csv
import io
from dataclasses import asdict

from sizing_app.evaluate.front import Bound, Front, Point


def front_document(front: Front) -> dict:
    asked = front.sweep
    return {"circuit": asked.base.circuit.name, "sweep": asked.metric, "goal": asked.goal.show(),
            "bounds": list(asked.bounds), "sessions": [_session(item) for item in front.sessions],
            "front": [{"session_id": point.session, "turn": point.turn, asked.metric: point.swept,
                       asked.against: point.against, "parameters": point.parameters, "metrics": point.metrics}
                      for point in front.points]}


def front_csv(front: Front) -> str:
    """A row a design: where it is stored, its parameters and all metrics."""
    circuit, text = front.sweep.base.circuit, io.StringIO()
    parameters, metrics = [item.name for item in circuit.parameters], [item.name for item in circuit.metrics]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["session", "turn", *parameters, *metrics])
    writer.writerows(_row(point, parameters, metrics) for point in front.points)
    return text.getvalue()


def _session(item: Bound) -> dict:
    found = asdict(item)
    best = found.pop("best")
    return {**found, "session_id": found.pop("session"), "passed": best is not None,
            "best_turn": best and best["turn"]}


def _row(point: Point, parameters: list[str], metrics: list[str]) -> list:
    return [point.session, point.turn, *(point.parameters[name] for name in parameters),
            *("" if point.metrics.get(name) is None else point.metrics[name] for name in metrics)]
