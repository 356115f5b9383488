"""The text of a number in netlist.sp: a parameter in braces where one sets it, else a plain number."""

import re
from collections.abc import Mapping

from sizing_app.circuit.expressions import evaluate, names_in
from sizing_app.circuit.units import format_si
from sizing_app.spice.groups import Group, Proposal
from sizing_app.spice.usage import Member

_MICRO = re.compile(r"\((\w+)\*1000000\)\*1e-06|\(\((\w+)\*1000000\)\)\*1e-06")


class Values:
    """What a proposal says of members; arithmetic to text."""

    def __init__(self, proposal: Proposal):
        self._groups = {member: group for group in proposal.groups for member in group.members}

    def text(self, member: Member) -> str | None:
        """Arithmetic for a member in the file's own unit; None where no group has it."""
        group: Group | None = self._groups.get(member)
        if group is None:
            return None
        if group.locked:
            return f"{group.value / group.factor:.9g}"
        return group.name if group.factor == 1.0 else f"{group.name}*{1 / group.factor:.9g}"


def plain(value: float) -> str:
    """A number as netlists have it: ``5u``."""
    return format_si(value, 9) if value == 0 or 1e-15 <= abs(value) < 1e13 else f"{value:.9g}"


def braced(text: str) -> str:
    """Arithmetic as a word of the netlist: a number, or the expression in braces."""
    if not names_in(text):
        return plain(evaluate(text, {}))
    text = _MICRO.sub(lambda match: match[1] or match[2], text)
    while re.fullmatch(r"\(\w+\)", text):
        text = text[1:-1]
    return f"{{{text}}}"


def behaviour(text: str, names: Mapping[str, str], nets: Mapping[str, str], sources: Mapping[str, str]) -> str:
    """Arithmetic over voltages and currents with our names of nets and sources, parameters in braces."""
    def put(match: re.Match) -> str:
        if match["nets"] is not None:
            return f"v({','.join(nets.get(net.strip().lower(), net.strip()) for net in match['nets'].split(','))})"
        if match["source"] is not None:
            return f"i({sources.get(match['source'].lower(), match['source'])})"
        name = match["name"].lower()
        return braced(names[name]) if name in names else match["name"]
    pattern = (r"v\s*\((?P<nets>[^()]*)\)|i\s*\(\s*(?P<source>\w+)\s*\)|(?<![\w.])(?P<name>[a-z_]\w*)(?!\w*\s*\()")
    return re.sub(pattern, put, re.sub(r"['\"{}]", "", text), flags=re.IGNORECASE)
