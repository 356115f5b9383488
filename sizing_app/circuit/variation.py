"""A netlist whose devices have the random variation of one sample: mismatch.py and process_spread.py, put together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.mismatch import NUMBERS, Deviation, changed_card, coefficients, deviation
from sizing_app.circuit.multipliers import with_own_subcircuits
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import Bin, ModelError, find_bin
from sizing_app.circuit.process_spread import TYPICAL, spread_bin, varies
from sizing_app.circuit.units import parse_si
from sizing_app.circuit.validation import expect

SEED = 1
"""Of the samples: the same for every design, so that designs differ by themselves."""


def varied(process: str, conditions: Conditions, lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines of an expanded netlist with the deviations of ``conditions.draw``, and the model cards that they need.
    Raises ModelError where the process has no such data."""
    draw = conditions.draw
    if draw.process and conditions.corner != TYPICAL:
        raise ModelError(f"the process varies around the corner {TYPICAL}; at {conditions.corner} mismatch alone can "
                         "be sampled")
    result, cards = [], {}
    for line, found in _with_deviations(lines, draw):
        if found is None:
            result.append(line)
            continue
        words = line.split()
        name, models = words[5], _bin(process, conditions, words)
        if found.model:
            own = f"{name}__{found.device.replace('.', '_')}"
            cards[own], words[5] = changed_card(models, own, found.model), own
        else:
            cards[models.name] = models.card
            words += [f"delvto={found.delvto:.9g}", f"mulu0={found.mulu0:.9g}"]
        result.append(" ".join(words))
    return result, [cards[name] for name in sorted(cards)]


def can_spread(process: str, corner: str) -> bool:
    """Whether variation of the process can be sampled."""
    return corner == TYPICAL and varies(process)


def check_draw(circuit: Circuit, draw: Draw) -> None:
    """Raise ModelError where a transistor of the circuit has no coefficients."""
    if circuit.process == OWN:
        raise ModelError(f"{circuit.name} brings models of its own: random samples need those of an installed process")
    for model in circuit.devices.values():
        coefficients(model, draw)


def first_sample(circuit: Circuit, conditions: Conditions, seed: int = SEED,
                 pelgrom: tuple[float, float] | None = None, sample: int = 0, process: bool = True) -> Draw:
    """The sample to begin with: mismatch, and with ``process`` the process too where the foundry says how. Raises
    ModelError where there are no coefficients."""
    draw = Draw(seed, sample, pelgrom=pelgrom)
    check_draw(circuit, draw)
    return replace(draw, process=process and can_spread(circuit.process, conditions.corner))


def read_pelgrom(text: str) -> tuple[float, float]:
    """A_VT (mV um) and A_beta (% um) of a pair, with a comma, as a Draw has them (V m, m). Raises Invalid."""
    words = text.split(",")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    expect(len(numbers) == 2 and all(0 <= number <= 100 for number in numbers), "pelgrom",
           "A_VT in mV um and A_beta in % um, such as 3,1", text)
    return numbers[0] * 1e-9, numbers[1] * 1e-8


def show_pelgrom(pelgrom: tuple[float, float]) -> str:
    """As ``read_pelgrom`` reads it."""
    return f"{pelgrom[0] * 1e9:g},{pelgrom[1] * 1e8:g}"


def deviations(lines: Sequence[str], draw: Draw) -> list[Deviation]:
    """What each device of an expanded netlist has more than nominal, in the order of the netlist."""
    return [found for _, found in _with_deviations(lines, draw) if found is not None]


def _with_deviations(lines: Sequence[str], draw: Draw) -> Iterator[tuple[str, Deviation | None]]:
    """Lines of a netlist in which each subcircuit call has its own definition; with each transistor its deviation."""
    import numpy as np  # circuits are read without it
    rng = np.random.default_rng([draw.seed, draw.sample])
    count = 0
    for path, line in with_own_subcircuits(lines):
        words = line.split()
        if words[0][0] not in "mM":
            yield line, None
            continue
        normal = rng.standard_normal(NUMBERS) if draw.single is None else _single(draw.single, count)
        count += 1
        yield line, deviation(path + words[0].lower(), words, draw, normal)


def _single(single: tuple[int, int, float], device: int) -> list[float]:
    """The normal numbers of a device where one number of one device is not 0."""
    return [single[2] if (device, place) == single[:2] else 0.0 for place in range(NUMBERS)]


def _bin(process: str, conditions: Conditions, words: Sequence[str]) -> Bin:
    """The bin of a transistor line."""
    sizes = dict(word.split("=", 1) for word in words[6:] if "=" in word)
    width, length = parse_si(sizes["w"]), parse_si(sizes["l"])
    if conditions.draw.process:
        return spread_bin(process, conditions.draw, words[5], width, length)
    return find_bin(process, conditions.corner, words[5], width, length)
