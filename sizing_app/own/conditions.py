"""The conditions of a draft: what was chosen, else what its text says, else what is usual."""

from collections.abc import Mapping

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.units import show_quantity
from sizing_app.own.around import Around
from sizing_app.own.deck_bench import Driven
from sizing_app.own.draft import Draft
from sizing_app.spice.build import corners_of, supply_of
from sizing_app.spice.cell import Cell
from sizing_app.spice.lines import NOWHERE, Remark
from sizing_app.spice.roles import OUTPUTS, SUPPLY

SUPPLIES = {"sky130": 1.8, "sky130_5v": 5.0, "gf180mcu": 3.3, "gf180mcu_6v": 5.0, "freepdk45": 1.0}
"""Nominal supply (V) of a process, where no source of the file tells one."""
SUPPLY_OF_CARDS = 1.8
TEMPERATURES, LOAD = (27.0, -40.0, 85.0), 1e-12
SPAN = 0.1
"""Supplies that are offered beside the nominal one: this share below and above."""


def conditions_of(draft: Draft, cell: Cell, roles: Mapping[str, str], around: Around, driven: Driven | None = None,
                  ) -> ConditionSpace:
    """``driven`` is of a text with its own testbench: one supply alone where no source follows it."""
    told = around.supply or (driven and driven.volts) or supply_of(cell, roles)
    supply = told or SUPPLIES.get(cell.process, SUPPLY_OF_CARDS)
    temperature = TEMPERATURES[0] if cell.deck.temperature is None else cell.deck.temperature
    temperatures = (temperature, *(other for other in TEMPERATURES if other != temperature))
    supplies = tuple(round(supply * factor, 6) for factor in (1.0, 1.0 - SPAN, 1.0 + SPAN))
    offered = draft.supplies or supplies
    if driven is not None and not driven.dc:
        offered = offered[:1]
    return ConditionSpace(draft.corners or corners_of(cell), draft.temperatures or temperatures, offered,
                          draft.loads or (around.load or LOAD,))


def assumed(draft: Draft, cell: Cell, roles: Mapping[str, str], around: Around) -> list[Remark]:
    """What neither draft nor text says of the conditions in a ready testbench."""
    found = conditions_of(draft, cell, roles, around).nominal
    notes = []
    if SUPPLY in roles.values() and not (draft.supplies or around.supply or supply_of(cell, roles)):
        notes.append(Remark(NOWHERE, "", f"a supply of {show_quantity(found.supply, 'V')} is assumed: no source of the "
                                         "text tells one"))
    if set(OUTPUTS) & set(roles.values()) and not (draft.loads or around.load):
        notes.append(Remark(NOWHERE, "", f"a load of {show_quantity(found.load, 'F')} is assumed: no capacitor around "
                                         "the circuit tells one"))
    return notes
