"""From a circuit folder and one design to the text that ngspice reads, and nothing that ngspice could execute.

In netlist.sp and testbench.sp, braces hold arithmetic over parameters and conditions: ``w={w_psrc/2}``. A transistor
line ``M1 d g s b nmos w={w_in} l={l_in}`` names a device alias of circuit.toml; the model, equal fingers for wide
devices, and junction areas and perimeters (ngspice manual, section 7.2) are filled in here.
"""

import functools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sizing_app.domain import Analysis, Circuit, Conditions, Parameters
from sizing_app.expressions import ExpressionError, evaluate, names_in
from sizing_app.pdk import PROCESSES, model_cards
from sizing_app.units import parse_si

GRID = 1e-9
"""Layout grid (m) that widths and lengths are rounded to."""
DOT_COMMANDS = ("option", "options", "nodeset", "ic", "param", "subckt", "ends", "save", "temp")
OPTIONS = ("reltol", "abstol", "vntol", "chgtol", "gmin", "itl1", "itl2", "itl4", "itl6", "bypass", "method", "maxord",
           "trtol", "temp", "tnom", "keepopinfo", "noopiter", "rshunt", "cshunt")
"""Options that hold for one circuit and change neither what is written nor what later circuits give."""
MOST_LINES = 2000
LONGEST_LINE = 4000
"""Characters."""
ELEMENTS = "rclkvigefhdmqxs"
END = ".end\n"
ANALYSES = ("op", "ac", "tran", "noise", "dc")
NAME = re.compile(r"[\w().#@\[\]-]+", re.ASCII)
"""A vector or a source setting: v(out), i(vdd), @m1[gm], v-sweep."""
FORBIDDEN = re.compile(r"`|\bfile\b|\bshell\b|\bsystem\b|\bwrite\b|\bsource\b|;|\$\(", re.IGNORECASE)
_BRACES = re.compile(r"\{([^{}]*)\}")


class RefusedNetlist(ValueError):
    """The netlist holds something that ngspice could execute or read from disk."""


@dataclass(frozen=True)
class Template:
    """Text split at its braces: literal, expression, literal, ..."""

    pieces: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        return cls(tuple(_BRACES.split(text)))

    @property
    def names(self) -> set[str]:
        return set().union(*(names_in(piece) for piece in self.pieces[1::2]))

    def fill(self, values: dict[str, float]) -> str:
        return "".join(f"{evaluate(piece, values):.9g}" if index % 2 else piece
                       for index, piece in enumerate(self.pieces))


def check_lines(text: str) -> None:
    """Raise RefusedNetlist unless every line is an element or a harmless dot command: only what is known may pass."""
    lines, command = text.splitlines(), ""
    if len(lines) > MOST_LINES:
        raise RefusedNetlist(f"{len(lines):,} lines, at most {MOST_LINES:,}")
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if len(stripped) > LONGEST_LINE:
            raise RefusedNetlist(f"line {number}: {len(stripped):,} characters, at most {LONGEST_LINE:,}")
        if not stripped or stripped[0] == "*":
            continue
        head = stripped.split()[0].lower()
        allowed = head[1:] in DOT_COMMANDS if head[0] == "." else head[0] in ELEMENTS + "+"
        if not allowed or FORBIDDEN.search(stripped):
            raise RefusedNetlist(f"line {number}: {stripped[:60]!r} is not allowed in a netlist: only elements "
                                 f"({', '.join(ELEMENTS)}) and .{', .'.join(DOT_COMMANDS)}")
        command = command if head[0] == "+" else head
        if command in (".option", ".options"):
            _check_options(stripped[1:] if head[0] == "+" else stripped[len(head):], number)
        if re.search(r"[{}]", _BRACES.sub("", stripped)):
            raise ExpressionError(f"line {number}: {stripped[:60]!r} has a brace without its partner")


def _check_options(text: str, number: int) -> None:
    for setting in re.sub(r"\s*=\s*", "=", text).split():
        name = setting.partition("=")[0].lower()
        if name not in OPTIONS:
            raise RefusedNetlist(f"line {number}: option {name[:60]!r} is not allowed, it may change others' results: "
                                 f"only {', '.join(OPTIONS)}")


def check_command(command: str) -> None:
    """Raise RefusedNetlist unless ``command`` is one plain analysis."""
    words = command.split()
    if not words or words[0] not in ANALYSES or len(command) > 500 or \
            not re.fullmatch(r"[\w .+\-()]+", command, re.ASCII):
        raise RefusedNetlist(f"{command!r} is not an analysis: one of {', '.join(ANALYSES)} with numbers and names")


def check_analysis(analysis: Analysis) -> None:
    """Raise RefusedNetlist unless an analysis runs, alters and saves, and nothing else."""
    check_command(analysis.command)
    for vector in analysis.save:
        if not NAME.fullmatch(vector):
            raise RefusedNetlist(f"{vector!r} is not the name of a vector, such as v(out)")
    for target, value in analysis.alter.items():
        if not re.fullmatch(r"\w+( \w+)?", target) or not re.fullmatch(r"[\w.+\-]+", str(value)):
            raise RefusedNetlist(f"alter {target!r} = {value!r} is not a source setting and a number, such as "
                                 "'vdd acmag' = '1'")


def values_of(parameters: Parameters, conditions: Conditions) -> dict[str, float]:
    """Everything that braces may name."""
    return {**parameters, "supply": conditions.supply, "load": conditions.load, "temperature": conditions.temperature}


def build_netlist(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> str:
    """The complete netlist for one design, models inlined. Raises RefusedNetlist, ModelError or ExpressionError."""
    for analysis in circuit.analyses:
        check_analysis(analysis)
    lines, devices = _lines(circuit, parameters, conditions)
    cards = model_cards(circuit.process, conditions.corner, devices)
    return "\n".join([f"* {circuit.name}", *cards, *lines, f".temp {conditions.temperature:g}", END])


def with_operating_point(netlist: str, voltages: Mapping[str, float], save: Iterable[str]) -> str:
    """The netlist with its node voltages (V) as the first guess of every further analysis, keeping named vectors."""
    guess = "\n+ ".join(f"v({node})={voltage:.9g}" for node, voltage in voltages.items())
    return netlist.removesuffix(END) + f".nodeset {guess}\n.save {' '.join(dict.fromkeys(save))}\n{END}"


def library_netlist(circuit: Circuit, parameters: Parameters, conditions: Conditions, library: Iterable[str]) -> str:
    """The netlist up to .end with ``library``, .lib or .include lines, in place of the inlined models."""
    lines, _ = _lines(circuit, parameters, conditions)
    return "\n".join([f"* {circuit.name}", *library, *lines, f".temp {conditions.temperature:g}"])


def sized_netlist(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> str:
    """The sized circuit and its testbench for people: numbers filled in, the model library named in a comment."""
    lines, _ = _lines(circuit, parameters, conditions)
    process = PROCESSES[circuit.process]
    header = [f"* {circuit.title} ({circuit.name}), {process.title}", f"* {conditions.show()}",
              *(f"* {name} = {circuit.parameter(name).spice(value, 9)}" for name, value in parameters.items()),
              f"* models: package {process.package}, {', '.join(process.files)}, corner {conditions.corner}"]
    return "\n".join([*header, *lines, f".temp {conditions.temperature:g}", END])


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
        if line[0] in "mM":
            line, device = _transistor(line, circuit)
            devices.add(device)
        lines.append(line)
    return lines, devices


@functools.lru_cache(maxsize=64)
def _checked_template(text: str) -> Template:
    check_lines(text)
    return Template.parse(text)


def _transistor(line: str, circuit: Circuit) -> tuple[str, tuple[str, float, float]]:
    """Expand ``Mname d g s b alias w=.. l=.. [m=..]``; w is the total width of one device."""
    words = line.split()
    sizes = dict(setting.split("=", 1) for setting in words[6:] if "=" in setting)
    if len(words) < 8 or set(sizes) - {"m"} != {"w", "l"} or len(sizes) != len(words) - 6:
        raise ExpressionError(f"{line!r} is not a transistor, Mname drain gate source bulk model w=... l=... [m=...]")
    name, drain, gate, source, bulk, alias = words[:6]
    if alias not in circuit.devices:
        raise ExpressionError(f"{name}: expected a model of [devices], {', '.join(circuit.devices)}, found {alias!r}")
    process = PROCESSES[circuit.process]
    width, length = _on_grid(parse_si(sizes["w"])), _on_grid(parse_si(sizes["l"]))
    fingers = max(1, math.ceil(width / process.finger - 1e-9))
    width = _on_grid(width / fingers)
    multiplier = fingers * _devices(name, sizes.get("m", "1"))
    model = circuit.devices[alias]
    area, perimeter = width * process.diffusion, 2 * (width + process.diffusion)
    text = (f"{name} {drain} {gate} {source} {bulk} {model} w={width:.9g} l={length:.9g} ad={area:.6g} as={area:.6g} "
            f"pd={perimeter:.6g} ps={perimeter:.6g}" + (f" m={multiplier}" if multiplier > 1 else ""))
    return text, (model, width, length)


def _devices(name: str, text: str) -> int:
    """How many equal devices stand in parallel, ``m`` of a transistor."""
    try:
        count = parse_si(text)
    except ValueError:
        count = 0.0
    if count < 1 or abs(count - round(count)) > 1e-6:
        raise ExpressionError(f"{name}: expected m, a number of devices, to be whole and at least 1, found m={text}")
    return round(count)


def _on_grid(metres: float) -> float:
    return round(metres / GRID) * GRID
