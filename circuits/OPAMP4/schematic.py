"""Draw the GF180MCU 5 V operational amplifier: ``python circuits/OPAMP4/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet
from opamp import draw_opamp


def draw() -> Sheet:
    return draw_opamp("OPAMP4: folded-cascode operational amplifier, GF180MCU 6 V devices, 5 V",
                      "common mode 2.5 V, load 10 pF")


if __name__ == "__main__":
    draw().save(__file__)
