"""Words for what parameters and metrics are, the same for every circuit: ``w_in``, ``l_casn``, ``c_comp``, ``gbw``.

A parameter's word is its kind (``w``idth, ``l``ength, ``m``ultiplier, ``r``, ``c``, ``h`` for henry, ``i``, ``v``,
``k`` for a ratio) and the role that its description tells; a metric's is told by its unit and title. What is there
twice is numbered from 2 on. Names play no part.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sizing_app.circuit.definition import Circuit, Metric, Parameter

KINDS = {"Ohm": "r", "F": "c", "A": "i", "V": "v", "H": "h"}
OTHER = "x"
"""The role of what no rule knows."""
POLAR = ("bias", "bcas", "cas", "inv", "lat", "sw", "mir", "sink", "src", "dio")
"""Roles that NMOS and PMOS devices have apart: ``casn``, ``casp``."""
_SIZES = "wlm"
_ROLES = tuple((role, kinds, re.compile(pattern)) for role, kinds, pattern in (
    ("comp", "rc", r"compensation|miller|nulling|fast path"), ("ff", "c", r"feed-?forward"),
    ("fb", "wlmrc", r"feedback"), ("cm", "wlmrck", r"common-mode"), ("pre", "wlmr", r"preamplifier"),
    ("boot", "wlmc", r"bootstrap"), ("dum", "wlmk", r"dummy"), ("pseudo", "wlmrv", r"pseudo-resistor"),
    ("deg", "r", r"degeneration"), ("bcas", "wlmiv", r"that biases|cascodes' bias"),
    ("bias", "wlmriv", r"\bbias|reference current"), ("neu", "wlmc", r"neutralization devices|against kickback"),
    ("cas", "wlmcv", r"cascode|common.gate|control transistor"), ("cpl", "wlmc", r"\bcoupl(?!ed pair)"),
    ("inv", _SIZES, r"inverter|nand|array driver"), ("lat", _SIZES, r"latch|cross-coupled"),
    ("rst", _SIZES, r"precharge|reset|equaliz"), ("load", "wlmrci", r"\bload"), ("tail", "wlmiv", r"\btail"),
    ("in", _SIZES, r"\bpairs?\b"), ("pass", _SIZES, r"pass device"), ("sense", "wlmr", r"\bsense"),
    ("start", "wlmr", r"start-?up"), ("sw", _SIZES, r"switch|transmission gate"),
    ("osrc", "wlmi", r"(second|third).stage current"), ("mir", _SIZES, r"mirror"), ("sink", "wlmi", r"\bsink"),
    ("src", "wlmi", r"current source"), ("ptat", "r", r"rises with temperature"),
    ("ctat", "r", r"falls with temperature"), ("out", "wlmrc", r"(second|third).stage|output|driver"),
    ("dio", "wlmr", r"diode"), ("dac", "c", r"array|unit capacitor"), ("samp", "c", r"sampl"),
    ("inp", "rc", r"input capacitor|first-stage output"), (OTHER, "wlmrchivk", "")))
"""Roles, the kinds that have them, and what a description says of them; the first that fits counts."""
_METRICS: dict[str, tuple[tuple[str, str], ...]] = {
    "dB": (("cmrr", r"cmrr|common-mode rejection"), ("psrr", r"psrr|supply"), ("sndr", r"sndr|snr|sinad"),
           ("thd", r"thd|distortion"), ("gain", r"gain"), ("level", "")),
    "Hz": (("gbw", r"unity|gain.?bandwidth|common-mode bandwidth"), ("fhigh", r"high-pass"),
           ("bw", r"bandwidth|corner|low-pass|cut"), ("freq", "")),
    "deg": (("pm", r"phase margin"), ("angle", "")), "W": (("power", ""),), "J": (("energy", ""),),
    "V/s": (("slew", ""),), "V/sqrt(Hz)": (("noise", ""),), "V/\u221aHz": (("noise", ""),),
    "V": (("noise", r"noise"), ("offset", r"offset"), ("undershoot", r"undershoot"), ("overshoot", r"overshoot"),
          ("dropout", r"dropout"), ("drift", r"drift"), ("kick", r"kick"), ("pedestal", r"pedestal"),
          ("error", r"error|accuracy"), ("swing", r"range|swing|amplitude"), ("voltage", "")),
    "A": (("iq", r"quiescent|supply|ground"), ("current", "")),
    "s": (("settling", r"settling"), ("reset", r"reset"), ("delay", r"delay|decision|propagation"),
          ("startup", r"start"), ("time", "")),
    "Ohm": (("loadreg", r"load regulation"), ("impedance", "")), "F": (("capacitance", ""),),
    "LSB": (("kick", r"kick"), ("dnl", r"dnl|inl|nonlinearity"), ("settling", r"settling|recovery"), ("error", "")),
    "%": (("right", r"right|correct"), ("error", r"error"), ("share", "")), "C": (("temperature", ""),),
    "m": (("size", ""),),
    "": (("linereg", r"line regulation"), ("enob", r"enob|effective bits"), ("nef", r"efficiency"), ("ratio", "")),
}
"""Unit to words with what a title says of them; the last one is for the rest."""


def words_of(circuit: Circuit) -> dict[str, str]:
    """Name of every parameter and metric to its word; each word once."""
    return _words_of(circuit.parameters, circuit.metrics)


@lru_cache(maxsize=4096)
def _words_of(parameters: Sequence[Parameter], metrics: Sequence[Metric]) -> dict[str, str]:
    return (_numbered((parameter.name, parameter_word(parameter)) for parameter in parameters)
            | _numbered((metric.name, metric_word(metric)) for metric in metrics))


def parameter_word(parameter: Parameter) -> str:
    """``w_in`` for the width of an input pair."""
    text = re.split(r"[;:,(]", parameter.role.lower())[0]
    kind = kind_of(parameter)
    role = next(role for role, kinds, pattern in _ROLES if kind in kinds and pattern.search(text))
    return f"{kind}_{role}{_polarity(text) if role in POLAR else ''}"


def kind_of(parameter: Parameter) -> str:
    """The letter of KINDS, ``w`` or ``l`` of a size, ``m`` of a count, ``k`` of anything else."""
    if parameter.unit == "m":
        told = re.search(r"\b(?:width|length)\b", parameter.role.lower())
        return told[0][0] if told else "l" if parameter.name.startswith("l") else "w"
    return KINDS.get(parameter.unit, "m" if parameter.count else "k")


def metric_word(metric: Metric) -> str:
    """``gbw`` for the unity-gain frequency."""
    rules = _METRICS.get(metric.unit, ((OTHER, ""),))
    text = f"{metric.title} {metric.name}".lower()
    return next(word for word, pattern in rules if re.search(pattern, text))


def misfits(circuit: Circuit) -> list[str]:
    """What of a circuit has no word, each with why: transistors of an unknown role, metrics of an unknown unit."""
    sizes = [f"{parameter.name} (no role is told by \"{parameter.role[:40]}\")" for parameter in circuit.parameters
             if parameter_word(parameter) in (f"w_{OTHER}", f"l_{OTHER}", f"m_{OTHER}")]
    return sizes + [f"{metric.name} (unit {metric.unit})" for metric in circuit.metrics if metric.unit not in _METRICS]


def all_words() -> tuple[list[str], list[str]]:
    """The whole vocabulary: of parameters, and of metrics; without numbers."""
    parameters = [f"{kind}_{role}{polarity}" for role, kinds, _ in _ROLES for kind in kinds
                  for polarity in (("", "n", "p") if role in POLAR else ("",))]
    return parameters, list(dict.fromkeys(word for rules in _METRICS.values() for word, _ in rules))


def _polarity(text: str) -> str:
    found = {kind for kind in ("nmos", "pmos") if re.search(rf"\b{kind}\b", text)}
    return found.pop()[0] if len(found) == 1 else ""


def _numbered(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name to word, the second of a kind with a 2 behind it."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, word in items:
        counts[word] = counts.get(word, 0) + 1
        found[name] = word if counts[word] == 1 else f"{word}{counts[word]}"
    return found
