"""Draw the GF180MCU operational amplifier: ``python circuits/OPAMP2/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet
from opamp import draw_opamp


def draw() -> Sheet:
    return draw_opamp("OPAMP2: folded-cascode operational amplifier, GF180MCU, 3.3 V", "common mode 1.65 V, load 5 pF")


if __name__ == "__main__":
    draw().save(__file__)
