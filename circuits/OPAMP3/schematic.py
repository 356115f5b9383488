"""Draw the SKY130 operational amplifier: ``python circuits/OPAMP3/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet
from opamp import draw_opamp


def draw() -> Sheet:
    return draw_opamp("OPAMP3: folded-cascode operational amplifier, SKY130, 1.8 V", "common mode 1.0 V, load 2 pF")


if __name__ == "__main__":
    draw().save(__file__)
