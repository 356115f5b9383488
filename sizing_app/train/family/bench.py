"""The testbench of a member: a unity-gain buffer, what is analysed in it, and how the metrics are read.

A voltage is written as its distance from the rail that the tail current source stands on: so a mirrored circuit has the
same testbench.
"""

import re

from sizing_app.circuit.definition import Analysis, Measure, Metric
from sizing_app.train.family.netlists import mirrored, netlist
from sizing_app.train.family.options import Options

POINTS = 5
"""Points a decade of the loop gain."""
STEPS = 10
"""Least time steps between rise and fall."""
LEAST_MARGIN = 5.0
"""Phase margin (degrees) below which no step is simulated."""
_OUTPUT = "v(out)"
_LOOP = {"analysis": "loop", "output": _OUTPUT, "input": "v(inn)"}


def testbench(options: Options) -> str:
    """testbench.sp of a member."""
    flavour, level = options.flavour, input_level(options)
    half, edge = flavour.half_period, flavour.half_period / 200
    low, high = (_voltage(options, level + sign * flavour.step / 2) for sign in (-1, 1))
    if options.mirrored:
        low, high = high, low
    guesses = " ".join(f"v({node})={_voltage(options, distance)}" for node, distance in _guesses(options).items())
    times = " ".join(f"{time:.4g}" for time in (_rise(options), edge, edge, half))
    return f"""* Unity-gain buffer. Vprobe closes the loop at DC, so that every design finds an operating point, and
* breaks it at AC: the open-loop gain is -v(out)/v(inn). It carries the shift from input level to half the supply.
Vdd vdd 0 dc {{supply}} ac 0
Vinp inp 0 dc {_voltage(options, level)} ac 0 pulse({low} {high} {times} 1)
Vprobe out inn dc {_shift(options)} ac 1
Cload out 0 {{load}}
.nodeset v(out)={{supply/2}} v(inn)={_voltage(options, level)} {guesses}
.option keepopinfo itl1=100 itl2=100 gmin=1e-11 method=gear trtol=3
"""


def input_level(options: Options) -> float:
    """Input common mode (V): a gate-source voltage above a saturated tail, or half the supply where that fits."""
    flavour = options.flavour
    needed = (flavour.gate_p if options.mirrored else flavour.gate_n) + 1.7 * flavour.saturation
    level = needed if options.first_stage == "telescopic" else max(needed, flavour.supply / 2)
    return round(level, 2)


def analyses(options: Options) -> tuple[Analysis, ...]:
    half = options.flavour.half_period
    stop, step = _rise(options) + 2 * half, half / STEPS
    return (
        Analysis("op", "op", {}, (_OUTPUT, "i(vdd)")),
        Analysis("loop", f"ac dec {POINTS} 10 10g", {}, ("frequency", _OUTPUT, "v(inn)")),
        Analysis("common_mode", "ac lin 1 10 10", {"vprobe acmag": "-1", "vinp acmag": "1"}, (_OUTPUT,)),
        Analysis("supply", "ac lin 1 10 10", {"vprobe acmag": "0", "vinp acmag": "0", "vdd acmag": "1"}, (_OUTPUT,)),
        Analysis("noise", "noise v(out) vinp lin 1 100k 100k", {"vdd acmag": "0"}, ("onoise_spectrum",)),
        Analysis("step", f"tran {step / 5:.4g} {stop:.4g} 0 {step:.4g}", {}, ("time", _OUTPUT), {"pm": LEAST_MARGIN}))


def metrics(options: Options) -> tuple[Metric, ...]:
    return (
        Metric("gain", "DC gain", "dB", "open-loop voltage gain at 10 Hz"),
        Metric("gbw", "Unity-gain frequency", "Hz", "unity-gain frequency of the open loop, 0 without one"),
        Metric("pm", "Phase margin", "deg",
               "180 degrees plus the phase of the loop gain at unity gain, the worst crossing, unity feedback"),
        Metric("power", "Power", "W", "supply voltage times supply current, bias branches included"),
        Metric("slew", "Slew rate", "V/s",
               f"the slower of the rising and falling 20-80% slopes of a {options.flavour.step:g} V step between "
               f"settled levels, unity feedback; 0 for an incomplete one or below a phase margin of {LEAST_MARGIN:g} "
               "degrees"),
        Metric("noise", "Input noise density", "V/sqrt(Hz)", "input-referred noise voltage density at 100 kHz"),
        Metric("offset", "Systematic offset", "V", "magnitude of the DC error of the unity-gain buffer"),
        Metric("cmrr", "CMRR", "dB", "common-mode rejection ratio at 10 Hz"),
        Metric("psrr", "PSRR", "dB", "input-referred rejection of the positive supply at 10 Hz"))


def measures(options: Options) -> tuple[Measure, ...]:
    half, swing = options.flavour.half_period, options.flavour.step / 2
    return (
        Measure("gain", "loop_gain", _LOOP),
        Measure("gbw", "unity_gain_frequency", _LOOP),
        Measure("pm", "phase_margin", _LOOP),
        Measure("power", "supply_power", {"analysis": "op", "current": "i(vdd)", "supply": "{supply}"}),
        Measure("slew", "slew_rate", {"analysis": "step", "output": _OUTPUT, "low": f"{{supply/2-{swing:g}}}",
                                      "high": f"{{supply/2+{swing:g}}}", "rise": _rise(options),
                                      "fall": _rise(options) + half}, otherwise=0.0),
        Measure("noise", "noise_density", {"analysis": "noise", "vector": "onoise_spectrum"}),
        Measure("offset", "dc_error", {"analysis": "op", "output": _OUTPUT, "target": "{supply/2}"}),
        Measure("cmrr", "common_mode_rejection", {"analysis": "common_mode", "output": _OUTPUT}),
        Measure("psrr", "supply_rejection", {"analysis": "supply", "output": _OUTPUT, "loop_analysis": "loop",
                                             "loop_output": _OUTPUT, "loop_input": "v(inn)"}))


def _rise(options: Options) -> float:
    """Time (s) at which the step begins."""
    return options.flavour.half_period * 0.06


def _voltage(options: Options, distance: float) -> str:
    """A voltage at a distance from the tail's rail; a negative distance is counted from the other one."""
    from_supply = options.mirrored == (distance >= 0)
    return f"{{supply-{abs(distance):.4g}}}" if from_supply else f"{abs(distance):.4g}"


def _shift(options: Options) -> str:
    """The voltage from the input level to half the supply."""
    level = input_level(options)
    return f"{{{level:.4g}-supply/2}}" if options.mirrored else f"{{supply/2-{level:.4g}}}"


def _guesses(options: Options) -> dict[str, float]:
    """First guesses of the inner nodes, as signed distances."""
    flavour = options.flavour
    own, other = (flavour.gate_p, flavour.gate_n) if options.mirrored else (flavour.gate_n, flavour.gate_p)
    left, tail = flavour.saturation, input_level(options) - own
    guesses = {"vbn": own, "tail": tail, "o1": -other, "o2": -other, "z": -other}
    if options.first_stage == "telescopic":
        guesses |= {"vbp": -other, "vcp": -other - left, "vcn": tail + left + own, "f1": tail + left, "f2": tail + left,
                    "y1": -left, "y2": -left}
    elif options.first_stage == "folded-cascode":
        guesses |= {"vbp": -other, "vcp": -other - left, "vcn": own + left, "f1": -left, "f2": -left, "y1": left,
                    "y2": left, "o1": own, "o2": own, "z": own}
    nodes = _nodes(options)
    return {mirrored(node) if options.mirrored else node: distance for node, distance in guesses.items()
            if node in nodes}


def _nodes(options: Options) -> set[str]:
    """The nodes of the netlist of the NMOS-input circuit."""
    text = netlist(options)
    return set(re.findall(r"\w+", mirrored(text) if options.mirrored else text))
