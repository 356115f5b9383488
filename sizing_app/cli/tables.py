"""Lines for a terminal."""

from collections.abc import Collection, Sequence

from sizing_app.circuit.definition import Circuit, Parameters, Spec


def aligned(rows: Sequence[Sequence[str]], left: Collection[int]) -> list[str]:
    """Rows of cells as lines, right-aligned but for the columns in ``left``; a row may end early."""
    count = max(map(len, rows))
    widths = [max(len(row[place]) for row in rows if len(row) > place) for place in range(count)]
    return ["  ".join(cell.ljust(width) if place in left else cell.rjust(width)
                      for place, (cell, width) in enumerate(zip(row, widths, strict=False))).rstrip() for row in rows]


def design_line(circuit: Circuit, parameters: Parameters) -> str:
    """w_in=4.7u l_in=1u ..., as --set reads it."""
    return " ".join(f"{name}={circuit.parameter(name).spice(value)}" for name, value in parameters.items())


def specs_line(circuit: Circuit, specs: Sequence[Spec]) -> str:
    """gain >= 75 dB, pm 60° .. 88°, ..."""
    return ", ".join(f"{spec.metric} {spec.show(circuit.metric(spec.metric).unit)}" for spec in specs)
