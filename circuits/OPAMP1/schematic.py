"""Draw the FreePDK45 operational amplifier: ``python circuits/OPAMP1/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet
from opamp import draw_opamp


def draw() -> Sheet:
    return draw_opamp("OPAMP1: folded-cascode operational amplifier, FreePDK45, 1.0 V", "common mode 0.6 V, load 1 pF")


if __name__ == "__main__":
    draw().save(__file__)
