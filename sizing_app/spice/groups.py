"""Groups of sizes that one parameter sets: proposed from matching, then joined, split, renamed and locked by people.

A Proposal is a value; every function here makes a new one, or raises ProposalError with a sentence.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sizing_app.circuit.definition import Parameter
from sizing_app.circuit.validation import CONDITIONS, NAME
from sizing_app.spice.usage import Member


class ProposalError(ValueError):
    """What was asked of a proposal cannot be done, in a sentence."""


@dataclass(frozen=True)
class Group:
    """What one parameter sets."""

    name: str
    members: tuple[Member, ...]
    quantity: str
    """w, l, m, value ... of its members; ``param`` of a parameter of the file."""
    unit: str
    value: float
    """In the file, in SI units."""
    low: float
    high: float
    scale: str
    step: float | None
    role: str
    """One line for people and prompts: input pair width (M1, M2)."""
    reason: str
    """Why these are one: mirror, pair, same parameter, cross-coupled, joined by hand."""
    factor: float = 1.0
    """What the file's own number is multiplied by to be in SI units: 1e-6 of a parameter in micrometres."""
    locked: bool = False
    """Kept at its value: no parameter of the circuit."""
    uses: tuple[Member, ...] = ()
    """Of a parameter of the file: the sizes that it decides."""

    @property
    def parameter(self) -> Parameter:
        return Parameter(self.name, self.unit, self.low, self.high, self.role, self.scale, self.step)


@dataclass(frozen=True)
class Proposal:
    """All groups, in the order of the netlist."""

    groups: tuple[Group, ...]
    values: Mapping[Member, float]
    """In the file, in SI units, of all that a group may have."""
    units: Mapping[Member, str]

    @property
    def free(self) -> tuple[Group, ...]:
        """Those that become parameters."""
        return tuple(group for group in self.groups if not group.locked)

    def group(self, name: str) -> Group:
        """Raises ProposalError."""
        for group in self.groups:
            if group.name == name:
                return group
        raise ProposalError(f"there is no parameter {name!r}, only {', '.join(group.name for group in self.groups)}")


def outside(proposal: Proposal) -> list[str]:
    """A sentence for every size of the file that its own range does not hold, as the models do not reach it."""
    return [f"{group.name}: {group.parameter.show(group.value)}, as the file has it, is outside the models: the range "
            f"begins at {group.parameter.show(group.low)}" for group in proposal.free
            if not group.parameter.contains(group.value)]


def join(proposal: Proposal, names: Iterable[str], name: str | None = None) -> Proposal:
    """One group of several of one unit: the first one's value, the range that holds all of theirs."""
    groups = [proposal.group(item) for item in dict.fromkeys(names)]
    first = groups[0]
    if other := next((group for group in groups if (group.unit, group.scale) != (first.unit, first.scale)), None):
        raise ProposalError(f"{first.name} and {other.name} are of different units and cannot be one parameter")
    if other := next((group for group in groups if group.factor != first.factor), None):
        raise ProposalError(f"{first.name} and {other.name} are written in different units in the file")
    joined = replace(first, name=_free_name(proposal, name or first.name, groups),
                     members=tuple(member for group in groups for member in group.members),
                     uses=tuple(member for group in groups for member in group.uses),
                     low=min(group.low for group in groups), high=max(group.high for group in groups),
                     reason="joined by hand", role=_joined_role(groups))
    return _put(proposal, groups, [joined])


def split(proposal: Proposal, name: str, members: Iterable[Member], new_name: str | None = None) -> Proposal:
    """A group of its own for some members of a group, or for some of the sizes that a parameter of the file decides."""
    group, wanted = proposal.group(name), tuple(dict.fromkeys(members))
    inside = [member for member in wanted if member in group.members]
    if len(inside) == len(wanted) and 0 < len(wanted) < len(group.members):
        rest = replace(group, members=tuple(member for member in group.members if member not in wanted))
    elif wanted and all(member in group.uses for member in wanted):
        rest = replace(group, uses=tuple(member for member in group.uses if member not in wanted))
    else:
        known = ", ".join(item.show() for item in group.members + group.uses)
        raise ProposalError(f"{name}: expected some of {known}, but not all, found "
                            f"{', '.join(item.show() for item in wanted) or 'none'}")
    shown = ", ".join(member.device or member.quantity for member in wanted)
    role = f"{re.sub(r' [(].*[)]$', '', group.role)} ({shown})"
    value = proposal.values[wanted[0]] if wanted[0] in group.uses else group.value
    ratio = value / group.value if group.value else 1.0
    apart = replace(group, name=_free_name(proposal, new_name or f"{name}_2", []), members=wanted, uses=(), value=value,
                    low=group.low * ratio, high=group.high * ratio, unit=proposal.units[wanted[0]],
                    reason="split by hand", role=role[:200], factor=1.0 if group.uses else group.factor,
                    quantity=wanted[0].quantity)
    return _put(proposal, [group], [rest, apart])


def rename(proposal: Proposal, name: str, new_name: str) -> Proposal:
    group = proposal.group(name)
    return _put(proposal, [group], [replace(group, name=_free_name(proposal, new_name, [group], exact=True))])


def lock(proposal: Proposal, name: str, locked: bool = True) -> Proposal:
    """Keep a group at its value, or let it vary again."""
    group = proposal.group(name)
    return _put(proposal, [group], [replace(group, locked=locked)])


def set_range(proposal: Proposal, name: str, low: float, high: float) -> Proposal:
    """SI units. A count has whole ends."""
    group = proposal.group(name)
    if not low < high or (group.scale == "log" and low <= 0):
        raise ProposalError(f"{name}: expected a range of two numbers, the lower one first"
                            + (", both positive" if group.scale == "log" else ""))
    if group.parameter.count and (low != round(low) or high != round(high) or low < 1):
        raise ProposalError(f"{name} is a count: expected whole numbers from 1")
    return _put(proposal, [group], [replace(group, low=low, high=high)])


def _put(proposal: Proposal, old: list[Group], new: list[Group]) -> Proposal:
    """The groups with ``new`` where the first of ``old`` was."""
    place = proposal.groups.index(old[0])
    left = [group for group in proposal.groups if group not in old]
    place -= sum(proposal.groups.index(group) < place for group in old)
    return replace(proposal, groups=(*left[:place], *new, *left[place:]))


def _free_name(proposal: Proposal, name: str, instead_of: list[Group], exact: bool = False) -> str:
    """A name that no other group has. Raises ProposalError for one that no parameter may have."""
    if not NAME.fullmatch(name) or name in CONDITIONS:
        raise ProposalError(f"{name!r} is no name of a parameter: letters, digits and _, and none of "
                            f"{', '.join(CONDITIONS)}")
    taken = {group.name for group in proposal.groups if group not in instead_of}
    if exact and name in taken:
        raise ProposalError(f"there is a parameter {name!r} already")
    stem, number = re.sub(r"_\d+$", "", name), 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name


def _joined_role(groups: list[Group]) -> str:
    words = dict.fromkeys(re.sub(r" [(].*[)]$", "", group.role) for group in groups)
    members = ", ".join(dict.fromkeys(member.device or member.quantity for group in groups for member in group.members))
    return f"{', '.join(words)} ({members})"[:200]
