"""The choices of a draft as tables of cells, and back: ports, settings, conditions, parameters, metrics. No Gradio.

Two parameters with the same name become one; what the proposal refuses is a sentence, and the draft stays without it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sizing_app.circuit.units import read_quantity, show_unit
from sizing_app.own.assembly import Assembled, assemble, changed
from sizing_app.own.draft import AddedMetric, Change, Draft, DraftError
from sizing_app.own.report import Report
from sizing_app.spice.groups import Group, ProposalError
from sizing_app.testbenches.bench import Better
from sizing_app.ui.forms.form import cell_text, cells

TABLES = ("ports", "settings", "conditions", "parameters", "directions", "metrics")
CONDITIONS = (("supplies", "Supply", "V"), ("loads", "Load", "F"), ("temperatures", "Temperature", "C"),
              ("corners", "Corner", ""))
"""Field of a draft, title, unit."""
DIRECTIONS: Mapping[Better, str] = {"high": "at least", "low": "at most", "near": "near"}
"""Which way a metric is better, and what its first spec says."""
LINES = (("text", ".meas line or expression"), ("name", "Name"), ("analysis", "Analysis"), ("unit", "Unit"))
LONGEST = 2_000
"""Characters of a cell that is read."""


@dataclass
class Choices:
    """A draft with what was chosen, and sentences on what could not be."""

    draft: Draft
    problems: list[str] = field(default_factory=list)

    def take(self, **parts) -> None:
        """Parts of the draft, unless they break its bounds."""
        try:
            self.draft = replace(self.draft, **parts)
        except DraftError as error:
            self.problems += map(str, error.problems)


def tables(told: Report, draft: Draft) -> dict[str, dict]:
    """Value of a cell_table for each of TABLES."""
    return {"ports": _ports(told, draft), "settings": _settings(told, draft), "conditions": _conditions(told),
            "parameters": _parameters(told), "directions": _directions(told), "metrics": _metrics(told, draft)}


def read_tables(made: Assembled, typed: Mapping[str, dict]) -> Choices:
    """The draft of ``made`` with what was typed into the tables that were made of it."""
    found = Choices(made.draft)
    rows = {name: {row["name"]: {key: str(text)[:LONGEST].strip() for key, text in row["cells"].items()}
                   for row in typed[name]["rows"]} for name in TABLES}
    _read_ports(found, made, rows["ports"])
    found.take(settings={name: row["value"] for name, row in rows["settings"].items() if row["value"]})
    _read_conditions(found, made, rows["conditions"])
    _read_parameters(found, made, rows["parameters"])
    _read_directions(found, made, rows["directions"])
    _read_metrics(found, made, rows["metrics"])
    return found


def split(made: Assembled, chosen: list[str], name: str) -> Choices:
    """Members (split_choices) of one parameter as a parameter of their own."""
    found = Choices(made.draft)
    groups = made.proposal.groups if made.proposal else ()
    members = [(group.name, member) for group in groups for member in (*group.members, *group.uses)
               if _member_key(group, member) in chosen]
    if len({group for group, _ in members}) != 1:
        found.problems.append("Split: choose sizes of one parameter.")
    else:
        change = Change("split", (members[0][0],), name.strip() or None, tuple(member for _, member in members))
        _change(found, made, [change])
    return found


def split_choices(made: Assembled) -> list[tuple[str, str]]:
    """(title, key) of every size that can leave its parameter."""
    groups = made.proposal.groups if made.proposal else ()
    return [(f"{group.name}: {member.show()}", _member_key(group, member)) for group in groups
            for member in (group.uses or group.members) if len(group.uses or group.members) > 1]


def fitting(draft: Draft) -> Choices:
    """The draft without choices that its text, subcircuit or testbench has no place for any more."""
    bare = assemble(replace(draft, changes=(), roles={}, values={}, settings={}))
    if bare.proposal is None:
        return Choices(draft)
    found = Choices(replace(draft, changes=()))
    _change(found, bare, draft.changes)
    known = {item.name for item in bare.template.settings} if bare.template else set()
    for part, names in (("roles", bare.found), ("values", bare.found), ("settings", known)):
        had = getattr(draft, part)
        found.problems += [f"{name}: is not here any more, so that what was chosen for it is left out."
                           for name in had if name not in names]
        found.take(**{part: {name: text for name, text in had.items() if name in names}})
    return found


# ---- tables

def _ports(told: Report, draft: Draft) -> dict:
    return cells("Port", (("role", "Role"), ("value", "Bias")), ({
        "name": port.net, "title": port.net, "note": port.note,
        "cells": {"role": port.role, "value": draft.values.get(port.net, "")}} for port in told.ports),
        {"role": ("", *told.roles), "value": "text"})


def _settings(told: Report, draft: Draft) -> dict:
    return cells("Setting", (("value", "Value"),), ({
        "name": item.name, "title": item.title, "unit": show_unit(item.unit),
        "note": f"{item.default} unless you say otherwise" if item.default else "left out unless you give it",
        "cells": {"value": draft.settings.get(item.name, "")}} for item in told.settings), {"value": "text"})


def _conditions(told: Report) -> dict:
    rows = ({"name": name, "title": title, "unit": show_unit(unit), "cells": {"values": ", ".join(
        _shown(value, unit) for value in getattr(told.conditions, name))}} for name, title, unit in CONDITIONS)
    return cells("Condition", (("values", "Nominal, others"),), rows if told.conditions else (), {"values": "text"})


def _shown(value: object, unit: str) -> str:
    return cell_text(value, unit) if unit else str(value)


def _parameters(told: Report) -> dict:
    columns = (("name", "Name"), ("low", "From"), ("high", "To"), ("locked", "Lock"))
    return cells("Parameter", columns, ({
        "name": group.name, "title": group.role or group.name, "unit": show_unit(group.unit), "hint": group.reason,
        "note": f"{group.parameter.show(group.value)} in the file ({group.reason})",
        "cells": {"name": group.name, "locked": "yes" if group.locked else "", **_range(group)}}
        for group in told.groups), {"name": "text", "locked": "check"})


def _range(group: Group) -> dict[str, str]:
    return {"low": cell_text(group.low, group.unit), "high": cell_text(group.high, group.unit)}


def _directions(told: Report) -> dict:
    return cells("Metric", (("better", "First spec"),), ({
        "name": metric.name, "title": metric.title, "hint": metric.definition,
        "cells": {"better": DIRECTIONS[told.better[metric.name]]}} for metric in told.metrics),
        {"better": tuple(DIRECTIONS.values())})


def _metrics(told: Report, draft: Draft) -> dict:
    added = [{"text": item.text, "name": item.name, "analysis": item.analysis, "unit": item.unit or ""}
             for item in draft.metrics]
    empty = {"text": "", "name": "", "analysis": "", "unit": ""}
    analyses = ("", *(item.name for item in told.analyses))
    return cells("Added", LINES, ({"name": f"added-{number}", "title": f"Metric {number}", "cells": row}
                                  for number, row in enumerate((*added, empty), 1)),
                 {"text": "text", "name": "text", "unit": "text", "analysis": analyses})


# ---- and back

def _read_ports(found: Choices, made: Assembled, rows: Mapping[str, dict]) -> None:
    shown = {port.net: port.role for port in made.ports} or made.found
    roles = {net: row["role"] for net, row in rows.items() if net in made.found and row["role"] != shown.get(net)}
    kept = {net: role for net, role in made.draft.roles.items() if net not in roles}
    values = {net: row["value"] for net, row in rows.items() if net in made.found and row["value"]}
    found.take(roles={**kept, **{net: role for net, role in roles.items() if role}}, values=values)


def _read_conditions(found: Choices, made: Assembled, rows: Mapping[str, dict]) -> None:
    for name, title, unit in CONDITIONS:
        words = [word.strip() for word in rows.get(name, {}).get("values", "").split(",") if word.strip()]
        shown = [_shown(value, unit) for value in getattr(made.conditions, name)] if made.conditions else []
        if words == shown:
            continue
        try:
            found.take(**{name: tuple(read_quantity(word, unit) for word in words) if unit else tuple(words)})
        except ValueError as error:
            found.problems.append(f"{title}: {error}.")


def _read_parameters(found: Choices, made: Assembled, rows: Mapping[str, dict]) -> None:
    groups = made.proposal.groups if made.proposal else ()
    _change(found, made, [change for group in groups if group.name in rows
                          for change in _changes(found, group, rows[group.name])])
    named = defaultdict(list)
    for group in groups:
        if group.name in rows:
            named[rows[group.name]["name"] or group.name].append(group.name)
    _change(found, made, [Change("join", tuple(names), name) if len(names) > 1 else Change("rename", (*names,), name)
                          for name, names in named.items() if names != [name]])


def _changes(found: Choices, group: Group, row: Mapping[str, str]) -> Iterator[Change]:
    """Lock and range of one parameter."""
    if bool(row["locked"]) != group.locked:
        yield Change("lock" if row["locked"] else "unlock", (group.name,))
    shown = _range(group)
    if any(row[side] != shown[side] for side in shown):
        try:
            low, high = (getattr(group, side) if row[side] == shown[side] else read_quantity(row[side], group.unit)
                         for side in shown)
            yield Change("range", (group.name,), low=low, high=high)
        except ValueError as error:
            found.problems.append(f"{group.name}: {error}.")


def _read_directions(found: Choices, made: Assembled, rows: Mapping[str, dict]) -> None:
    shown = made.bench.better if made.bench else {}
    meant = {words: better for better, words in DIRECTIONS.items()}
    chosen = {name: meant.get(row["better"]) for name, row in rows.items() if name in shown}
    found.take(better={**made.draft.better, **{name: better for name, better in chosen.items()
                                               if better and better != shown[name]}})


def _read_metrics(found: Choices, made: Assembled, rows: Mapping[str, dict]) -> None:
    """What was added keeps the direction that it came with; people choose another one in the table of directions."""
    before = [item.better for item in made.draft.metrics]
    better = [*before, *["near"] * (len(rows) - len(before))]
    found.take(metrics=tuple(AddedMetric(row["text"], way, row["analysis"], row["name"], row["unit"] or None)
                             for row, way in zip(rows.values(), better, strict=False) if row["text"]))


def _change(found: Choices, made: Assembled, changes) -> None:
    """Keep the changes that the proposal takes, after those that the draft has."""
    proposal = made.proposal
    for change in found.draft.changes[len(made.draft.changes):]:
        proposal = changed(proposal, change)
    for change in changes:
        try:
            proposal = changed(proposal, change)
            found.take(changes=(*found.draft.changes, change))
        except ProposalError as error:
            found.problems.append(f"{error}.")


def _member_key(group: Group, member) -> str:
    return "|".join((group.name, member.scope, member.device, member.quantity))
