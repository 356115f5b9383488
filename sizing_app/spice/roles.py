"""Roles of ports, from names and structure, and the class that a cell most likely is of."""

import re

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.cell import Cell, is_ground
from sizing_app.spice.structure import CROSS, PASS, Placed, Structure, expanded

SUPPLY, GROUND, IN_PLUS, IN_MINUS, IN, OUT, OUT_PLUS, OUT_MINUS = (
    "supply", "ground", "in+", "in-", "in", "out", "out+", "out-")
BIAS_CURRENT, BIAS_VOLTAGE, CLOCK, FEEDBACK = "bias current", "bias voltage", "clock", "feedback"
REFERENCE, COMMON_MODE, ENABLE, OTHER = "reference", "common mode", "enable", ""
ROLES = (SUPPLY, GROUND, IN_PLUS, IN_MINUS, IN, OUT, OUT_PLUS, OUT_MINUS, BIAS_CURRENT, BIAS_VOLTAGE, CLOCK, FEEDBACK,
         REFERENCE, COMMON_MODE, ENABLE, OTHER)
OUTPUTS, INPUTS = (OUT, OUT_PLUS, OUT_MINUS), (IN, IN_PLUS, IN_MINUS)
CLASSES = ("op-amp", "fd-ota", "comparator", "ldo", "oscillator", "filter", "reference", "generic")
_NAMES = tuple((role, re.compile(pattern)) for role, pattern in (
    (IN, r"v?in(put)?"),
    (SUPPLY, r"[ad]?v?(dd|cc)[a-z0-9]*|vpwr|v?pwr|vsup(ply)?|vbat|vpp|[ad]?vdd_?\w*"),
    (GROUND, r"[ad]?v?ss[a-z0-9]*|[ad]?p?gnd[a-z0-9]*|v?gnd\w*|vee|vgnd|0|sub|vsub|[ad]vss_?\w*"),
    (CLOCK, r"\w*cl?k\w*|phi_?\d*[a-z]?|strobe|latch|eval"),
    (ENABLE, r"en(able)?[abn]?|e_?n|pd|pwdn|pdn|rst\w*|reset\w*|sleep|start(up)?"),
    (COMMON_MODE, r"v?cm(fb|ref|_?in|o)?\d*|v?ocm|setcm|v?com(mon)?"),
    (FEEDBACK, r"v?fb|v?feedback|v?sense|fbk"),
    (OUT_PLUS, r"v?o(ut)?_?(p|pos|plus)\d*|out\+"),
    (OUT_MINUS, r"v?o(ut)?_?(n|m|neg|minus)\d*|out-"),
    (IN_PLUS, r"v?in?_?(p|pos|plus)\d*|v?p(lus|os)?(_?in)?|non_?inv\w*|in\+|v?\+|in_?noninv|a?inp\w?|v?d?ip|v?in1"
              r"|vi?1"),
    (IN_MINUS, r"v?in?_?(n|m|neg|minus)\d*|v?[nm](inus|eg)?(_?in)?|inv(erting)?\w*|in-|v?-|a?in[nm]\w?|v?d?i[nm]|v?in2"
               r"|vi?2"),
    (REFERENCE, r"v?ref(_?in)?\d*|vbg|vbgap"),
    (BIAS_CURRENT, r"i_?b(ias)?\w*|ib\d*|i_?tail|ibias\w*|i_?ref\w*|i_?in\d*|\w*_?ibias\w*"),
    (BIAS_VOLTAGE, r"v_?b(ias)?_?\w*|vc(as)?[np]?\d*|v?b[np]\d*|v?casc?\w*|bias\w*|vg[np]?\d*|nb|pb"),
    (OUT, r"v?o(ut(put)?)?\d*|vo\d?|v?reg|vldo|y|q\d?|z|vout\w*|out\w*|osc\w*|lp|hp"),
    (IN, r"v?in(put)?\d+|a|d|x|vsig|sig(nal)?|rf(in)?|vi"),
))
_KIND_OF = tuple((kind, re.compile(pattern)) for kind, pattern in (
    ("ldo", r"ldo|regul|vreg\b"), ("comparator", r"comp(?!en)|cmp|latch|strong_?arm|sense_?amp|slicer"),
    ("oscillator", r"osc|vco|ring|ro\d*$"), ("filter", r"filt|lpf|hpf|bpf|biquad|sallen|tow_?thomas|butterw|notch"),
    ("reference", r"bandgap|bgr?\b|v_?ref|i_?ref|refer|ptat|bias_?gen|beta_?mult"),
    ("fd-ota", r"fd_?ota|fully_?diff|fda\b|fdota"), ("op-amp", r"op_?amp|ota|amp|buffer|miller|cascode|folded|telesc")))


def port_roles(cell: Cell) -> dict[str, str]:
    """Port to role, OTHER where neither name nor structure tells. Of a netlist without subcircuit, the nets that
    sources of the main circuit drive, and nets with telling names."""
    placed = expanded(cell)
    ports = cell.ports or _main_ports(cell, placed)
    found = {net: _by_name(net) for net in ports}
    found |= {net: _by_structure(net, placed) for net in ports if found[net] == OTHER}
    rails = frozenset(net for net, role in found.items() if role in (SUPPLY, GROUND)) | {"0"}
    gates = {item.gate for pair in Structure(placed, rails).pairs for item in pair}
    found |= {net: IN for net in ports if net in gates and found[net] == BIAS_VOLTAGE and _by_name(net) == OTHER}
    return _settled(found, placed, cell)


def structure_of(cell: Cell, roles: dict[str, str]) -> Structure:
    """The structure of a cell, with what the roles of its ports say of nets."""
    rails = frozenset(net for net, role in roles.items() if role in (SUPPLY, GROUND)) | {"0"}
    placed = expanded(cell)
    sources = frozenset(net for item in placed if item.device.kind == "v" for net in item.nets if "0" in item.nets
                        and any(other.device.bulk == net for other in placed if other.device.is_transistor))
    return Structure(placed, rails | sources, *(frozenset(net for net, role in roles.items() if role in wanted)
                                                for wanted in ((CLOCK,), OUTPUTS, INPUTS)))


def class_of(cell: Cell, roles: dict[str, str]) -> str:
    """One of CLASSES: by the ports, where they leave it open by the structure, then by the name."""
    has = set(roles.values())
    structure = structure_of(cell, roles)
    parts = set(structure.roles().values())
    named = _kind_by_name(cell)
    signal = bool({IN_PLUS, IN_MINUS, IN} & has)
    if named in ("ldo", "filter") and (OUT in has or OUT_PLUS in has):
        return named
    kinds = {item.device.kind for item in structure.placed}
    if not kinds & set("mqjds"):
        return "filter" if kinds & {"c", "l"} and not {IN_PLUS, IN_MINUS} <= has else "generic"
    if PASS in parts and {FEEDBACK, REFERENCE, IN_MINUS} & has and not {IN_PLUS, IN_MINUS} <= has:
        return "ldo"
    if {IN_PLUS, IN_MINUS} <= has:
        if named == "comparator" or CLOCK in has:
            return "comparator"
        return "fd-ota" if {OUT_PLUS, OUT_MINUS} <= has else "op-amp"
    if not signal and (structure.ring() or CROSS in parts and any(item.device.kind == "l" for item in structure.placed)
                       or named == "oscillator"):
        return "oscillator"
    if not signal and OUT in has and (named == "reference" or not {CLOCK, BIAS_VOLTAGE} & has):
        return "reference"
    return "generic"


def _by_name(net: str) -> str:
    if is_ground(net):
        return GROUND
    name = re.sub(r"[<\[](\d+)[>\]]", r"\1", net.rstrip("!")).strip("_")
    return next((role for role, pattern in _NAMES if pattern.fullmatch(name)), OTHER)


def _by_structure(net: str, placed: tuple[Placed, ...]) -> str:
    """What the terminals at a net tell; whether a gate is an input, pairs tell."""
    here = [item for item in placed if item.device.is_transistor and net in item.nets]
    if not here:
        return OTHER
    at = {terminal for item in here for terminal, other in zip("dgsb", item.nets, strict=True) if other == net}
    polarities = {item.device.polarity for item in here if net in item.nets[2:]}
    if "b" in at and "g" not in at:
        return SUPPLY if polarities == {"p"} else GROUND if polarities == {"n"} else OTHER
    if any(item.is_diode and item.gate == net for item in here):
        return BIAS_CURRENT
    if at == {"g"}:
        return BIAS_VOLTAGE
    return OUT if at == {"d"} else OTHER


def _settled(found: dict[str, str], placed: tuple[Placed, ...], cell: Cell) -> dict[str, str]:
    """Roles that only all together can tell: one of two inputs without a sign; which input is a supply of a regulator;
    an output's partner."""
    pair = [net for net, role in found.items() if role == IN]
    if len(pair) == 2 and not {IN_PLUS, IN_MINUS} & set(found.values()):
        found |= {pair[0]: IN_PLUS, pair[1]: IN_MINUS}
    for role, other in ((IN_PLUS, IN_MINUS), (IN_MINUS, IN_PLUS)):
        if role in found.values() and other not in found.values() and len(pair) == 1:
            found[pair[0]] = other
    if SUPPLY not in found.values():
        fed = [net for net in found if any(item.device.polarity == "p" and net in item.nets[2:] for item in placed
                                           if item.device.is_transistor) and found[net] in (IN, OTHER)]
        found |= dict.fromkeys(fed[:1], SUPPLY)
    for role, other in ((OUT_PLUS, OUT_MINUS), (OUT_MINUS, OUT_PLUS)):
        if role in found.values() and other not in found.values():
            found |= {net: OUT for net, word in found.items() if word == role}
    if {IN_PLUS, IN_MINUS} <= set(found.values()) and not set(OUTPUTS) & set(found.values()):
        found |= dict.fromkeys(_meeting(found, placed), OUT)
    outs = [net for net, role in found.items() if role == OUT]
    if len(outs) == 2 and {IN_PLUS, IN_MINUS} <= set(found.values()):
        found |= {outs[0]: OUT_PLUS, outs[1]: OUT_MINUS}
    if {REFERENCE, SUPPLY} <= set(found.values()) and not {IN_PLUS, IN_MINUS, IN, OUT, FEEDBACK} & set(found.values()):
        found |= {net: OUT for net, word in found.items() if word == REFERENCE}
    return _directed(found, cell)


def _meeting(found: dict[str, str], placed: tuple[Placed, ...]) -> list[str]:
    """The one port without a telling name where drains of both polarities meet; none of several."""
    drains = {polarity: {item.drain for item in placed if item.device.is_transistor and
                         item.device.polarity == polarity} for polarity in "np"}
    both = [net for net in found if net in drains["n"] & drains["p"] and _by_name(net) == OTHER]
    return both if len(both) == 1 else []


def _directed(found: dict[str, str], cell: Cell) -> dict[str, str]:
    """What comments say of directions, where nothing else told."""
    words = {"in": IN, "out": OUT}
    return {net: words.get(cell.deck.pins.get(net, ""), role) if role == OTHER else role for net, role in found.items()}


def _main_ports(cell: Cell, placed: tuple[Placed, ...]) -> tuple[str, ...]:
    """Of a netlist without subcircuit: nets that comments name, that voltage sources drive, or with telling names; of
    one without any source, as layout tools extract it, supplies and bias currents too."""
    nets = list(dict.fromkeys(net for item in placed for net in item.nets))
    driven = {net for item in placed if item.device.kind == "v" and "0" in item.nets for net in item.nets}
    used = {net for item in placed if item.device.kind not in "vi" for net in item.nets}
    extracted = not any(item.device.kind in "vi" for item in placed)
    telling = (*OUTPUTS, IN_PLUS, IN_MINUS, *((SUPPLY, GROUND, BIAS_CURRENT) if extracted else ()))
    return tuple(net for net in nets if net in used and (
        net in cell.deck.pins or net in driven or net == "0" or len(net) > 1 and _by_name(net) in telling))


def _kind_by_name(cell: Cell) -> str:
    text = (cell.top if cell.top != MAIN else cell.deck.title).lower()
    return next((kind for kind, pattern in _KIND_OF if pattern.search(text)), "")
