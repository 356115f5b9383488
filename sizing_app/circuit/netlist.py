"""From a circuit folder and one design to the text that ngspice reads.

In netlist.sp and testbench.sp, braces hold arithmetic over parameters and conditions: ``w={w_psrc/2}``. A transistor
line ``M1 d g s b nmos w={w_in} l={l_in}`` names a device alias of circuit.toml; the model, equal fingers for wide
devices, and junction areas and perimeters (ngspice manual, section 7.2) are filled in here. One of a model of the
circuit's own stays as it is written.
"""

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sizing_app.circuit.deck_rules import BRACES, check_analysis, check_lines, check_size
from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.expressions import ExpressionError, evaluate, names_in
from sizing_app.circuit.multipliers import multiplies, whole_number, with_own_subcircuits
from sizing_app.circuit.own_models import OWN, cards, kinds
from sizing_app.circuit.pdk import PROCESSES, model_cards
from sizing_app.circuit.units import parse_si
from sizing_app.circuit.mismatch import Deviation
from sizing_app.circuit.variation import deviations, varied

EXTRAS = ("ad", "as", "pd", "ps", "nrd", "nrs")
"""Settings beside w, l and m of a transistor that is simulated as written."""
GRID = 1e-9
"""Layout grid (m) that widths and lengths are rounded to."""
END = ".end\n"


@dataclass(frozen=True)
class Template:
    """Text split at its braces: literal, expression, literal, ..."""

    pieces: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        return cls(tuple(BRACES.split(text)))

    @property
    def names(self) -> set[str]:
        return set().union(*(names_in(piece) for piece in self.pieces[1::2]))

    def fill(self, values: dict[str, float]) -> str:
        return "".join(f"{evaluate(piece, values):.9g}" if index % 2 else piece
                       for index, piece in enumerate(self.pieces))


def values_of(parameters: Parameters, conditions: Conditions) -> dict[str, float]:
    """Everything that braces may name."""
    return {**parameters, "supply": conditions.supply, "load": conditions.load, "temperature": conditions.temperature}


def build_netlist(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> str:
    """The complete netlist for one design, models inlined. Raises RefusedNetlist, ModelError or ExpressionError."""
    for analysis in circuit.analyses:
        check_analysis(analysis)
    lines, devices = _lines(circuit, parameters, conditions)
    if conditions.draw is not None:
        lines, installed = varied(circuit.process, conditions, lines)
    else:
        installed = [] if circuit.process == OWN else model_cards(circuit.process, conditions.corner, devices)
    own = cards(circuit.models, conditions.corner, circuit.process)
    return "\n".join([f"* {circuit.name}", *installed, *own, *lines, f".temp {conditions.temperature:g}", END])


def with_operating_point(netlist: str, voltages: Mapping[str, float], save: Iterable[str]) -> str:
    """The netlist with its node voltages (V) as the first guess of every further analysis, keeping named vectors."""
    guess = "\n+ ".join(f"v({node})={voltage:.9g}" for node, voltage in voltages.items())
    return netlist.removesuffix(END) + f".nodeset {guess}\n.save {' '.join(dict.fromkeys(save))}\n{END}"


def sized_netlist(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> str:
    """The sized circuit and its testbench for people: numbers filled in, the model library named in a comment."""
    lines, _ = _lines(circuit, parameters, conditions)
    process = PROCESSES.get(circuit.process)
    header = [f"* {circuit.title} ({circuit.name}), {process.title if process else 'models of its own'}",
              f"* {conditions.show()}",
              *(f"* {name} = {circuit.parameter(name).spice(value, 9)}" for name, value in parameters.items())]
    if process:
        header.append(f"* models: package {process.package}, {', '.join(process.files)}, corner {conditions.corner}")
    own = cards(circuit.models, conditions.corner, circuit.process)
    return "\n".join([*header, *own, *lines, f".temp {conditions.temperature:g}", END])


def devices_of(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> list[str]:
    """Names of the transistors that vary by ``conditions.draw``, in the order of the netlist: M1, XP.M2."""
    return [found.device.upper() for found in shifts_of(circuit, parameters, conditions)]


def shifts_of(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> list[Deviation]:
    """What each transistor has more than nominal in the sample ``conditions.draw``, in the order of the netlist."""
    lines, _ = _lines(circuit, parameters, conditions)
    return deviations(lines, conditions.draw)


def fingers_of(circuit: Circuit, parameters: Parameters, conditions: Conditions,
               text: str) -> Iterator[tuple[str, int | None]]:
    """The lines of ``text``, netlist.sp or testbench.sp, as they are, without comments; with each transistor of the
    process how many fingers one of its devices has."""
    values = values_of(parameters, conditions)
    for line in map(str.strip, text.splitlines()):
        if not line or line[0] == "*":
            continue
        fingers = None
        if line[0] in "mM" and not _is_own(line, circuit):
            sizes = dict(word.split("=", 1) for word in Template.parse(line).fill(values).split()[6:])
            fingers = _fingers(circuit, parse_si(sizes["w"]))
        yield line, fingers


def used_names(text: str) -> set[str]:
    """The names that the braces of a netlist or testbench refer to. Raises ExpressionError."""
    return Template.parse(text).names


def _lines(circuit, parameters, conditions) -> tuple[list[str], set[tuple[str, float, float]]]:
    template = _checked_template(circuit.netlist + "\n" + circuit.testbench)
    text = template.fill(values_of(parameters, conditions))
    lines, devices = [], set()
    for line in map(str.strip, text.splitlines()):
        if not line or line[0] == "*":
            continue  # not even comments reach ngspice, which executes those that begin with *#
        if line[0] in "mM" and not _is_own(line, circuit):
            line, device = _transistor(line, circuit)
            devices.add(device)
        lines.append(line)
    check_size(lines)
    return [line for _, line in with_own_subcircuits(lines)] if multiplies(lines) else lines, devices


@functools.lru_cache(maxsize=64)
def _checked_template(text: str) -> Template:
    check_lines(text)
    return Template.parse(text)


def _is_own(line: str, circuit: Circuit) -> bool:
    """Whether a transistor's model is the circuit's own."""
    words = line.split()
    return len(words) > 5 and words[5] not in circuit.devices and words[5].lower() in kinds(circuit.models)


def _transistor(line: str, circuit: Circuit) -> tuple[str, tuple[str, float, float]]:
    """Expand ``Mname d g s b alias w=.. l=.. [m=..]``; w is the total width of one device."""
    words = line.split()
    sizes = dict(setting.split("=", 1) for setting in words[6:] if "=" in setting)
    extras = EXTRAS if circuit.as_written else ()
    if len(words) < 8 or set(sizes) - {"m", *extras} != {"w", "l"} or len(sizes) != len(words) - 6:
        raise ExpressionError(f"{line!r} is not a transistor, Mname drain gate source bulk model w=... l=... [m=...]")
    name, alias = words[0], words[5]
    if alias not in circuit.devices:
        known = ", ".join((*circuit.devices, *kinds(circuit.models)))
        raise ExpressionError(f"{name}: expected a model of [devices], {known}, found {alias!r}")
    width, length, count = parse_si(sizes["w"]), parse_si(sizes["l"]), whole_number(name, sizes.get("m", "1"))
    if circuit.as_written:
        more = {key: parse_si(sizes[key]) for key in EXTRAS if key in sizes}
    else:
        width, length = _on_grid(width), _on_grid(length)
        fingers = _fingers(circuit, width)
        width, count = _on_grid(width / fingers), count * fingers
        more = _junctions(width, PROCESSES[circuit.process].diffusion)
    model = circuit.devices[alias]
    settings = " ".join(f"{key}={value:.6g}" for key, value in more.items())
    text = (f"{' '.join(words[:5])} {model} w={width:.9g} l={length:.9g} {settings}".rstrip()
            + (f" m={count}" if count > 1 else ""))
    return text, (model, width, length)


def _fingers(circuit: Circuit, width: float) -> int:
    """Equal fingers that a device of a total width (m) is drawn as; one where it is simulated as written."""
    if circuit.as_written:
        return 1
    return max(1, math.ceil(_on_grid(width) / PROCESSES[circuit.process].finger - 1e-9))


def _junctions(width: float, diffusion: float) -> dict[str, float]:
    """Areas and perimeters of source and drain."""
    area, perimeter = width * diffusion, 2 * (width + diffusion)
    return {"ad": area, "as": area, "pd": perimeter, "ps": perimeter}


def _on_grid(metres: float) -> float:
    return round(metres / GRID) * GRID
