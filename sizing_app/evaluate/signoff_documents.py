"""The checks of a design as plain values in SI units, what ``--json`` prints and the API returns; and the words that
all who show them share."""

from collections.abc import Sequence
from dataclasses import asdict

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Spec
from sizing_app.circuit.units import show_quantity, show_share
from sizing_app.evaluate.corners import Spots
from sizing_app.evaluate.monte_carlo import Yield
from sizing_app.evaluate.sensitivity import MismatchShares, Share
from sizing_app.evaluate.signoff import Design, Samples, Sensitivity
from sizing_app.task.reward import score

NAMED = 5
"""Devices of one metric that are named."""
LEAST = 0.005
"""Share of a variance from which on a device is named."""


def corners_document(design: Design, specs: Sequence[Spec], found: Spots) -> dict:
    """Every condition, and the worst one of each spec."""
    scores, worst = [score(item, tuple(specs)) for item in found.measured], found.worst(specs)
    return {
        "circuit": design.circuit.name, "parameters": dict(design.parameters),
        "conditions": [{"conditions": point.document(), "status": item.status, "metrics": dict(item.metrics),
                        "reward": judged.reward, "passed": judged.passed, "seconds": item.seconds, "log": item.log}
                       for point, item, judged in zip(found.conditions, found.measured, scores, strict=True)],
        "worst": [{"metric": case.spec.metric, "low": case.spec.low, "high": case.spec.high, "value": case.score.value,
                   "met": case.score.met, "margin": case.score.margin, "conditions": case.conditions.document()}
                  for case in worst],
        "passed": all(case.score.met for case in worst),
    }


def samples_document(design: Design, specs: Sequence[Spec], random: Samples) -> dict:
    """Every sample, yields with their intervals, spreads."""
    found, first = random.outcome(design.circuit, specs), random.draw.sample
    return {
        **_design(design), "draw": asdict(random.draw), "varies": what_varies(random.draw),
        "samples": [{"sample": first + number, "status": item.status, "metrics": dict(item.metrics), "log": item.log}
                    for number, item in enumerate(random.measured)],
        "specs": [{"metric": row.spec.metric, "low": row.spec.low, "high": row.spec.high, **_yield(row.met),
                   "worst": [first + number for number in row.worst]} for row in found.specs],
        "metrics": [asdict(spread) for spread in found.spreads],
        "all": _yield(found.all_met), "failed": found.failed, "cpu": sum(item.cpu for item in random.measured),
    }


def sensitivity_document(design: Design, found: Sensitivity) -> dict:
    """Every metric by every parameter, and each device's share of the spread."""
    return {**_design(design), "status": found.measured.status, "metrics": dict(found.measured.metrics),
            "log": found.measured.log, "effects": [asdict(item) for item in found.effects],
            "mismatch": [asdict(item) for item in found.shares], "mismatch_missing": found.missing or None}


def what_varies(draw: Draw) -> str:
    """In words, with what is assumed."""
    if draw.pelgrom is None:
        mismatch = "mismatch by the foundry's coefficients"
    else:
        mismatch = (f"mismatch by coefficients that are an assumption, A_VT = {draw.pelgrom[0] * 1e9:g} mV um and "
                    f"A_beta = {draw.pelgrom[1] * 1e8:g}% um")
    return f"{mismatch}, {'and the process' if draw.process else 'the process is nominal'}"


def named_devices(found: MismatchShares) -> list[Share]:
    """Those that make the most of a spread, of those whose share is known."""
    return [row for row in found.devices[:NAMED] if row.share is not None and row.share >= LEAST]


def what_spreads(found: MismatchShares, unit: str) -> str:
    """In words: the devices that make a spread, or why it has no sigma and what single devices do."""
    if found.sigma is not None:
        return ", ".join(f"{row.device} {row.share:.0%}" for row in named_devices(found))
    alone = [f"{row.device} {show_quantity(row.sigma, unit, 3)}" for row in found.devices if row.sigma][:NAMED]
    return "; ".join([found.why, *([f"others alone: {', '.join(alone)}"] if alone else [])])


def show_interval(found: Yield) -> str:
    """The 95% interval of a yield."""
    return " to ".join(map(show_share, found.interval))


def _design(design: Design) -> dict:
    return {"circuit": design.circuit.name, "parameters": dict(design.parameters),
            "conditions": design.conditions.document()}


def _yield(found: Yield) -> dict:
    return {"met": found.met, "samples": found.samples, "yield": found.share, "interval": list(found.interval)}
