"""Expressions over simulated vectors and metrics: ``db(v(out)/v(in))``, ``cross(v(out), {supply/2})``, ``gbw/power``.

The same arithmetic as in braces of a netlist, with vectors of one analysis, earlier metrics and the functions below.
Vectors are written as ngspice writes them: ``v(out)``, ``v(a,b)`` for a difference, ``i(vdd)`` or ``vdd#branch``,
``@m1[gm]``, ``time``, ``frequency``, ``v-sweep``, ``onoise_spectrum``; ``vdb(out)``, ``vm``, ``vp``, ``vr`` and ``vi``
are ``db(v(out))``, ``mag``, ``angle``, ``real`` and ``imag``. Case does not count. What the functions compute is in
simulator/metrics/curves.py.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sizing_app.circuit.expressions import LONGEST, ExpressionError, calls_in, names_in

FUNCTIONS = {
    "db": (1, 1, "20 log10 |x|"), "mag": (1, 1, "|x|"), "abs": (1, 1, "|x|"), "real": (1, 1, "real part"),
    "imag": (1, 1, "imaginary part"), "angle": (1, 1, "phase in radians, within a turn"),
    "phase": (1, 1, "phase in degrees, followed along the sweep"), "sqrt": (1, 1, "square root"),
    "exp": (1, 1, "e to the x"), "ln": (1, 1, "natural logarithm"), "log10": (1, 1, "logarithm to base 10"),
    "deriv": (1, 1, "slope over the swept quantity"),
    "at": (2, 2, "at(x, p): x where the swept quantity is p"),
    "first": (1, 1, "the first value"), "last": (1, 1, "the last value"),
    "max": (1, 3, "max(x, from, to): the largest value; max(a, b) of two numbers"),
    "min": (1, 3, "min(x, from, to): the smallest value; min(a, b) of two numbers"),
    "pp": (1, 3, "largest minus smallest value"), "avg": (1, 3, "mean over the swept quantity"),
    "rms": (1, 3, "root of the mean square"), "integ": (1, 3, "integral over the swept quantity"),
    "cross": (2, 3, "cross(x, level, n): where x passes the level for the n-th time; n = -1 is the last time"),
    "rise": (2, 3, "the same, upwards only"), "fall": (2, 3, "the same, downwards only"),
    "settle": (2, 4, "settle(x, band, from, target): time after from until x stays within +-band of target, by default "
                     "its last value"),
    "overshoot": (1, 3, "how far x goes beyond its last value, as a share of the whole step; from, to"),
    "slew": (3, 3, "slew(x, low, high): slope between the first passes of two levels"),
    "period": (2, 3, "period(x, level, from): mean time between upward passes"),
    "duty": (2, 3, "duty(x, level, from): share of whole periods above the level"),
    "bandwidth": (1, 2, "bandwidth(h, drop): where |h| has fallen by drop (3.0103 dB) from its first value"),
    "unity_gain": (1, 1, "first frequency at which |h| falls through 1; 0 without one"),
    "phase_margin": (1, 1, "180 degrees plus the phase of h at unity gain, the worst crossing; 0 without one"),
    "gain_margin": (1, 1, "-|h| in dB where its phase first passes -180 degrees"),
}
"""Name to fewest and most arguments, and what it gives."""
WORDS = {"time", "frequency", *(f"{side}noise_{kind}" for side in "io" for kind in ("spectrum", "total"))}
"""Vectors that are plain words."""
_PARTS = {"": "", "db": "db", "m": "mag", "p": "angle", "r": "real", "i": "imag"}
_VECTOR = re.compile(r"(?<![\w.@])([vi])(db|m|p|r|i|)\(\s*([^\s(),]+)\s*(?:,\s*([^\s(),]+)\s*)?\)"
                     r"|(?<![\w.@])([\w.]+)#branch|(@[\w.]+\[\w+\])|(?<!\w)((?:v|i|res|temp)-sweep)")


@dataclass(frozen=True)
class Formula:
    """An expression that was read: arithmetic over placeholders, and what they stand for."""

    text: str
    vectors: Mapping[str, str] = field(default_factory=dict)
    """Placeholder to vector."""

    @property
    def metrics(self) -> set[str]:
        """The names that are no vectors, in small letters."""
        return names_in(self.text) - set(self.vectors)


@functools.lru_cache(maxsize=256)
def read_formula(text: str) -> Formula:
    """Read an expression without braces. Raises ExpressionError with a sentence that names the word."""
    if len(text) > LONGEST:
        raise ExpressionError(f"{text[:60]!r}... has {len(text):,} characters, at most {LONGEST:,}")
    vectors: dict[str, str] = {}

    def place(vector: str) -> str:
        known = {name: key for key, name in vectors.items()}
        key = known.get(vector, f"vector{len(vectors)}_")
        vectors[key] = vector
        return key

    def replaced(match: re.Match) -> str:
        letter, part, plus, minus, branch, device, swept = match.groups()
        if not letter:
            return place(f"i({branch})" if branch else device or swept)
        nodes = [place(f"{letter}({node})") if node != "0" else "0" for node in (plus, minus or "0")]
        return f"{_PARTS[part]}({' - '.join(nodes)})" if minus else f"{_PARTS[part]}({nodes[0]})"

    plain = _VECTOR.sub(replaced, text.lower()).replace("^", "**")
    for name, count in calls_in(plain):
        if name not in FUNCTIONS:
            raise ExpressionError(f"{name!r} is not a function, only {', '.join(FUNCTIONS)}")
        fewest, most, _ = FUNCTIONS[name]
        if not fewest <= count <= most:
            raise ExpressionError(f"{name} takes {fewest}{f' to {most}' if most > fewest else ''} arguments, "
                                  f"found {count}")
    vectors.update({word: word for word in names_in(plain) & WORDS})
    return Formula(plain, vectors)
