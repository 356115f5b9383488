"""Measures as lines of ngspice's own language, for decks that print their metrics themselves (deck.py).

For the measures that the language can express in a few lines; the definitions are those of simulator/metrics/, which
says how ties, failures and several crossings count. A deck is written for a design that works, so here the loop gain
begins above 1 and falls through it once. The others are read from the vectors that the deck writes.
"""

from collections.abc import Callable, Mapping

from sizing_app.circuit.definition import Analysis, Circuit, Measure
from sizing_app.circuit.expressions import evaluate
from sizing_app.circuit.units import parse_si

Lines = list[str]
MARK = "metric"
"""What a printed metric's line begins with: metric NAME = VALUE."""


def prints(measure: Measure) -> bool:
    """Whether a deck prints this metric."""
    return measure.function in _WRITERS


def print_lines(measure: Measure, circuit: Circuit, values: Mapping[str, float]) -> Lines:
    """Lines that compute and print a metric, of vectors of the analyses ``{$plot_NAME}``; ``values`` are those that
    arguments in braces may name. The current plot is that of the last analysis of the measure."""
    arguments = {key: _argument(value, values) for key, value in measure.arguments.items()}
    analyses = {analysis.name: analysis for analysis in circuit.analyses}
    name = f"m_{measure.metric}"
    return [*_WRITERS[measure.function](name, arguments, analyses), f"echo {MARK} {measure.metric} = $&{name}"]


def _argument(value: object, values: Mapping[str, float]) -> object:
    if isinstance(value, str) and value.startswith("{"):
        return evaluate(value[1:-1], values)
    return value


def _first(vector: str, analysis: Analysis) -> str:
    """The first sample; ngspice takes no index of a vector that has one sample alone."""
    single = analysis.command.split()[0] == "op" or " lin 1 " in analysis.command
    return vector if single else f"{vector}[0]"


def _loop_gain(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    output, input = (_first(a[key], analyses[a["analysis"]]) for key in ("output", "input"))
    return [f"let {name} = db({output} / {input})"]


def _crossing(name: str, a: dict) -> Lines:
    """The sample k before the loop gain falls through 1, and the share of the step at which it does."""
    return [f"let {name}_level = db({a['output']} / {a['input']})", f"let {name}_k = 0",
            f"while {name}_level[{name}_k + 1] > 0", f"let {name}_k = {name}_k + 1", "end",
            f"let {name}_s = {name}_level[{name}_k] / ({name}_level[{name}_k] - {name}_level[{name}_k + 1])"]


def _unity_gain_frequency(name: str, a: dict, _) -> Lines:
    return [*_crossing(name, a), f"let {name}_f = log10(abs(frequency))",
            f"let {name} = 10^({name}_f[{name}_k] + {name}_s * ({name}_f[{name}_k + 1] - {name}_f[{name}_k]))"]


def _phase_margin(name: str, a: dict, _) -> Lines:
    return [*_crossing(name, a), f"let {name}_p = 180 / pi * cph(-({a['output']}) / {a['input']})",
            f"let {name} = 180 + {name}_p[{name}_k] + {name}_s * ({name}_p[{name}_k + 1] - {name}_p[{name}_k])"]


def _supply_power(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    return [f"let {name} = -{_first(a['current'], analyses[a['analysis']])} * {a['supply']:.9g}"]


def _dc_error(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    return [f"let {name} = abs({_first(a['output'], analyses[a['analysis']])} - {a['target']:.9g})"]


def _common_mode_rejection(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    return [f"let {name} = -db({_first(a['output'], analyses[a['analysis']])})"]


def _supply_rejection(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    loop, analysis = f"{{$plot_{a['loop_analysis']}}}", analyses[a["loop_analysis"]]
    output, input = (f"{loop}.{_first(a[key], analysis)}" for key in ("loop_output", "loop_input"))
    return [f"let {name}_g = mag({output}) / mag({input})",
            f"let {name} = db({name}_g / (1 + {name}_g)) - db({_first(a['output'], analyses[a['analysis']])})"]


def _noise_density(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    return [f"let {name} = {_first(a['vector'], analyses[a['analysis']])}"]


def _slew_rate(name: str, a: dict, analyses: Mapping[str, Analysis]) -> Lines:
    """The slower of the 20-80% slopes, between what the output has settled at in the last tenth of each level."""
    words = analyses[a["analysis"]].command.split()
    first, last = (parse_si(words[3]) if len(words) > 3 else 0.0), parse_si(words[2])
    rise, fall = _seconds(a["rise"]), _seconds(a["fall"])
    lines = [f"meas tran {name}_{at} find {a['output']} at={time:.9g}"  # few samples stand before the first step
             for at, time in (("a", rise - (rise - first) / 10), ("b", rise))]
    lines.append(f"let {name}_l0 = ({name}_a + {name}_b) / 2")
    for level, (start, stop) in enumerate(((rise, fall), (fall, last)), 1):
        lines.append(f"meas tran {name}_l{level} avg {a['output']} from={stop - (stop - start) / 10:.9g} to={stop:.9g}")
    for step, edge, at in ((0, "rise", rise), (1, "fall", fall)):
        begin, end = f"{name}_l{step}", f"{name}_l{step + 1}"
        for share in (2, 8):
            lines += [f"let {name}_v{share} = {begin} + 0.{share} * ({end} - {begin})",
                      f"meas tran {name}_t{step}{share} when {a['output']}={name}_v{share} {edge}=1 td={at:.9g}"]
        lines.append(f"let {name}_{step} = 0.6 * abs({end} - {begin}) / ({name}_t{step}8 - {name}_t{step}2)")
    return [*lines, f"let {name} = min({name}_0, {name}_1)"]


def _seconds(value: object) -> float:
    return parse_si(value) if isinstance(value, str) else float(value)


_WRITERS: dict[str, Callable[[str, dict, Mapping[str, Analysis]], Lines]] = {
    "loop_gain": _loop_gain, "unity_gain_frequency": _unity_gain_frequency, "phase_margin": _phase_margin,
    "supply_power": _supply_power, "dc_error": _dc_error, "common_mode_rejection": _common_mode_rejection,
    "supply_rejection": _supply_rejection, "noise_density": _noise_density, "slew_rate": _slew_rate}
