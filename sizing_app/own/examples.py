"""The circuits of docs/own-circuit.md as drafts, for who has no netlist at hand."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sizing_app.own.draft import Change, Draft

FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    name: str
    title: str
    files: tuple[str, ...]
    choices: dict[str, Any] = field(default_factory=dict)
    """Of the draft, as the guide's commands say them."""

    def draft(self) -> Draft:
        return Draft({name: (FOLDER / name).read_text() for name in self.files}, name=self.name, **self.choices)


EXAMPLES = (
    Example("OPAMP", "Op-amp on SKY130", ("opamp.spice",), {"values": {"ib": "10u"}, "loads": (2e-12,)}),
    Example("LDO_OWN", "LDO on GF180", ("ldo.spice",), {
        "settings": {"output": "2.4"}, "loads": (1e-9,), "changes": (Change("lock", ("l_pass",)),)}),
    Example("RING", "Oscillator with its own models and .meas lines", ("ring.sp", "cards.lib"),
            {"better": {"period": "low", "power": "low", "current": "near"}}),
)
