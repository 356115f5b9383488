"""``report``: the datasheet of one design as a file."""

import argparse
import sys
from pathlib import Path

from sizing_app.circuit.conditions import Draw
from sizing_app.cli.design import ChosenDesign, choose
from sizing_app.cli.values import UsageError, read_count, read_draw
from sizing_app.evaluate.datasheet import datasheet
from sizing_app.evaluate.signoff import Design, check_samples
from sizing_app.report.datasheet import html, markdown
from sizing_app.simulator import make_simulator

MOST = 100_000
"""Samples."""


def run(args: argparse.Namespace) -> int:
    chosen, out = choose(args), Path(args.out)
    count = read_count(args.monte_carlo, "--monte-carlo", 0, MOST)
    draw = _draw(chosen, args) if count else None
    with make_simulator("local") as simulator:
        design = Design(chosen.circuit, chosen.parameters, chosen.conditions)
        random = check_samples(design, draw, count, simulator) if draw else None
        found = datasheet(design, chosen.specs, simulator, random=random)
    write = markdown if out.suffix == ".md" else html
    try:
        out.write_text(write(found, _origin(chosen), chosen.session, chosen.turn))
    except OSError as error:
        raise UsageError(f"--out {args.out!r}: {error.strerror}") from error
    print(f"{out}: {chosen.circuit.name}, {found.met_nominal} of {len(found.specs)} specs met at its conditions, "
          f"{found.met_corners} over {found.corners} corners")
    return 0


def _draw(chosen: ChosenDesign, args: argparse.Namespace) -> Draw | None:
    """The first sample; None, and a word, where the foundry gives no coefficients and none are assumed."""
    try:
        return read_draw(chosen.circuit, chosen.conditions, args, args.seed)
    except UsageError as error:
        if args.pelgrom is not None:
            raise
        print(f"sizing: no random samples: {error}", file=sys.stderr)
        return None


def _origin(chosen: ChosenDesign) -> str:
    return chosen.origin[0].upper() + chosen.origin[1:] + "."
