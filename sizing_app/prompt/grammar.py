"""The form of a reply as a grammar that servers sample under."""

from types import MappingProxyType

from sizing_app.circuit.definition import Circuit, Parameter
from sizing_app.prompt.compact import ANALYSIS_CHARACTER, ANALYSIS_LIMIT, CALL_HEAD
from sizing_app.prompt.parser import ANALYZE, ANALYZE_END, CALL, CALL_END, DESIGN_END
from sizing_app.prompt.values import at_position, position
from sizing_app.task.limits import Limits


def grammar(circuit: Circuit, planned: bool = False, limits: Limits = MappingProxyType({})) -> str:
    """GBNF of a valid reply (llama.cpp); vLLM reads the same text as its EBNF. ``planned``: of what follows a given
    analysis.

    All parameters in the circuit's order, each with a position in its range, or the end of the session. Where a person
    narrowed the range, only positions within ``limits``: of a range that has none, the nearest.
    """
    pairs = ' "," '.join(f'"\\"{parameter.name}\\": \\"" {_position_rule(parameter, limits)} "%\\""'
                         for parameter in circuit.parameters)
    head = CALL_HEAD.replace('"', '\\"')
    analysis = "" if planned else f'"{ANALYZE}" {ANALYSIS_CHARACTER}{{1,{ANALYSIS_LIMIT}}} "{ANALYZE_END}" '
    return "\n".join([
        f'root ::= {analysis}(call | "{DESIGN_END}")',
        f'call ::= "{CALL}{head}{{" {pairs} "}}}}{CALL_END}"', 'position ::= "0" | [1-9] [0-9]? | "100"']) + "\n"


def _position_rule(parameter: Parameter, limits: Limits) -> str:
    """``position``, or ``("40" | "41")`` where limits leave so much."""
    if parameter.name not in limits:
        return "position"
    low, high = limits[parameter.name]
    allowed = [place for place in range(101) if low <= at_position(parameter, place) <= high]
    nearest = position(parameter, (low * high) ** 0.5 if parameter.scale == "log" else (low + high) / 2)
    alternatives = " | ".join(f'"{place}"' for place in allowed or [nearest])
    return f"({alternatives})"
