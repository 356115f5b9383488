"""What a member of the family is: a flavour and one choice for every block, and the catalogue of all that are valid."""

from dataclasses import dataclass
from itertools import product

from sizing_app.train.family.flavours import FLAVOURS, Flavour

INPUTS = ("n-input", "p-input")
FIRST_STAGES = ("mirror-load", "telescopic", "folded-cascode")
STAGES = ("one-stage", "two-stage")
COMPENSATIONS = ("miller", "miller-rz", "cascode-miller")
"""A capacitor around the second stage, the same with a resistor, one to the source of a cascode (Ribner, Copeland)."""
BIASES = ("resistor-bias", "current-bias")
LOW_THRESHOLD = "low-vt"
WORDS = ("amplifier", *INPUTS, *FIRST_STAGES, *STAGES, *COMPENSATIONS, *BIASES, LOW_THRESHOLD)
"""Every topology word of the family."""
KEPT_PROCESSES = ("freepdk45", "gf180mcu", "sky130", "gf180mcu_6v")
KEPT_TOPOLOGY = ("n-input", "folded-cascode", "two-stage")
"""Kept for evaluation: no member has this topology in one of these processes."""


@dataclass(frozen=True)
class Options:
    """One member. ``compensation`` is empty for one stage."""

    flavour: Flavour
    input: str
    first_stage: str
    compensation: str
    bias: str

    @property
    def stages(self) -> str:
        return "two-stage" if self.compensation else "one-stage"

    @property
    def topology(self) -> tuple[str, ...]:
        """Its words, in the order of WORDS."""
        words = ("amplifier", self.input, self.first_stage, self.stages, self.compensation, self.bias,
                 LOW_THRESHOLD if self.flavour.low_threshold else "")
        return tuple(word for word in words if word)

    @property
    def name(self) -> str:
        """``sky130_low-p-telescopic-miller-rz-resistor``: unique, and stable when the family grows."""
        parts = (self.flavour.name, self.input[0], self.first_stage, self.compensation or "one-stage",
                 self.bias.removesuffix("-bias"))
        return "-".join(parts)

    @property
    def mirrored(self) -> bool:
        """Whether it is the circuit with an NMOS input pair turned upside down."""
        return self.input == "p-input"

    @property
    def kept(self) -> bool:
        """Whether it is kept for evaluation."""
        return self.flavour.process in KEPT_PROCESSES and set(KEPT_TOPOLOGY) <= set(self.topology)


def catalogue() -> list[Options]:
    """Every member that makes sense and is not kept for evaluation."""
    members = [Options(flavour, *choices) for flavour in FLAVOURS.values()
               for choices in product(INPUTS, FIRST_STAGES, ("", *COMPENSATIONS), BIASES)]
    return [member for member in members if _valid(member) and not member.kept]


def _valid(member: Options) -> bool:
    return member.compensation != "cascode-miller" or member.first_stage != "mirror-load"
