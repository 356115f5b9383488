"""The task as messages for general models, which know neither the compact prompt nor this circuit.

The tool's schema stands in the text, and the call may be written as text (parser.py): servers differ in what they make
of a ``tools`` field. Where one is sent, a native call is as good, and stands in the history as text.
"""

import json

from sizing_app.circuit.definition import Circuit, Parameter, Parameters, Spec
from sizing_app.circuit.units import show_quantity
from sizing_app.prompt.parser import ANALYZE, ANALYZE_END, CALL, CALL_END, DESIGN_END, FUNCTION
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Score, Turn

Message = dict[str, str]

_SYSTEM = """You are an experienced analog circuit designer. You size the circuit that the user describes: you choose
values for all of its parameters so that every specification is met, in as few simulations as you can.

In every turn write your reasoning first, in a few sentences: which specifications fail and by how much, what limits
them, which parameters you change and what you expect. Then write exactly one action, and nothing after it.

{analyze}your reasoning{analyze_end}{call}{{"name":"{function}","arguments":{{...}}}}{call_end}

calls the simulator. The arguments name every parameter once. Values are strings with an SI suffix (f, p, n, u, m, k,
meg, g), such as "4.7u" or "2.4", and must lie in the parameter's range; counts of devices are whole. Once a simulated
design meets every specification, end:

{analyze}your reasoning{analyze_end}{design_end}"""
_NATIVE = f"""

You may call the tool {FUNCTION} in place of writing {CALL}."""

_PLANNED = ("The engineer has written your reasoning for this turn: {plan}\nFollow it: write no other reasoning, "
            "only the action that it asks for.")


def messages(task: Task, history: History, tools: bool = False, plan: str = "", notes: str = "") -> list[Message]:
    """System, task with the initial result, then one reply and one result for every turn since. ``tools``: the
    simulator is sent as a tool too. ``plan``: what a person wants the next call to do. ``notes``: what else is known of
    the designs so far."""
    system = _SYSTEM.format(analyze=ANALYZE, analyze_end=ANALYZE_END, call=CALL, call_end=CALL_END, function=FUNCTION,
                            design_end=DESIGN_END)
    system += _NATIVE if tools else ""
    turns = [turn for turn in history if turn.measurement is not None]
    result = [_message("system", system), _message("user", f"{_task_text(task)}\n\n{_turn_text(task, turns[0])}")]
    for turn in turns[1:]:
        result.append(_message("assistant", _reply_text(task.circuit, turn)))
        result.append(_message("user", _turn_text(task, turn)))
    result[-1]["content"] += f"\nSimulations left: {task.budget - len(turns) + 1}."
    if notes:
        result[-1]["content"] += f"\n{notes}"
    if plan:
        result[-1]["content"] += f"\n{_PLANNED.format(plan=plan)}"
    return result


def tools(circuit: Circuit) -> list[dict]:
    """The ``tools`` field of a request."""
    return [{"type": "function", "function": tool_schema(circuit)}]


def tool_schema(circuit: Circuit) -> dict:
    """The simulator as a function in JSON schema."""
    properties = {parameter.name: {"type": "string", "description": parameter.role} for parameter in circuit.parameters}
    return {"name": FUNCTION, "description": f"Simulate {circuit.name} with these parameter values.",
            "parameters": {"type": "object", "properties": properties, "required": list(properties),
                           "additionalProperties": False}}


def _task_text(task: Task) -> str:
    circuit = task.circuit
    parameters = [f"- {parameter.name} ({parameter.role}): {_range_text(task, parameter)}"
                  for parameter in circuit.parameters]
    hint = ["", f"Hint of the engineer: {task.hint}"] if task.hint else []
    specs = [f"- {_spec_text(circuit, spec)} ({circuit.metric(spec.metric).definition})" for spec in task.specs]
    return "\n".join([
        f"Circuit {circuit.name}: {circuit.title}. {circuit.summary}", f"Process: {circuit.process}.", "",
        "Netlist (SPICE, parameters in braces):", circuit.netlist.strip(), "", "Parameters:", *parameters, "",
        "Specifications:", *specs, "", f"Conditions: {task.conditions.show()}.", *_plan_lines(task), *hint, "",
        "Function:", json.dumps(tool_schema(circuit))])


def _plan_lines(task: Task) -> list[str]:
    """That a design must hold over more than the nominal conditions."""
    if task.plan is None:
        return []
    named = {"corner": "", "temperature": "C", "supply": "V", "load": "F"}
    ranges = [", ".join(value if name == "corner" else show_quantity(value, unit)
                        for value in dict.fromkeys(getattr(point, name) for point in task.points))
              for name, unit in named.items()]
    samples = len(task.plan.samples)
    asked = f"{samples - task.plan.spared} of them" if task.plan.sigmas is None else \
        f"their mean and {task.plan.sigmas:g} standard deviations towards the bound"
    random = [f"{samples} of the points are random samples of mismatch; {asked} must meet each specification."] \
        if samples else []
    return [f"A design is judged at {len(task.points)} points, each specification by its worst value: "
            f"{'; '.join(ranges)}.", *random]


def _range_text(task: Task, parameter: Parameter) -> str:
    """The range that a proposal may use, which an engineer may have narrowed to one value."""
    low, high = task.limits.get(parameter.name, (parameter.low, parameter.high))
    if low == high:
        return f"fixed at {parameter.show(low)}"
    kind = "whole numbers" if parameter.count else f"{parameter.scale} scale"
    return f"{parameter.show(low)} to {parameter.show(high)}, {kind}"


def _turn_text(task: Task, turn: Turn) -> str:
    initial = [f"Initial design: {_call_text(task.circuit, turn.proposal.parameters)}"] if turn.index == 0 else []
    return "\n".join(initial + _change_lines(task, turn) + _outcome_lines(task, turn))


def _change_lines(task: Task, turn: Turn) -> list[str]:
    """What was simulated in place of what the model proposed."""
    proposal, lines = turn.proposal, []
    if proposal.own_reasoning is not None:
        lines.append(f"Note: the plan of this turn was the engineer's: {proposal.reasoning}")
    for changed, reason in ((proposal.held, "was held to its range"), (proposal.edited, "was changed by the engineer")):
        lines += [f"Note: {name} {reason}: {task.circuit.parameter(name).show(proposal.parameters[name])} was "
                  f"simulated." for name in changed]
    return lines


def _outcome_lines(task: Task, turn: Turn) -> list[str]:
    if turn.measurement.status == "no_call":
        problems = (f"- {problem}" for problem in turn.proposal.problems)
        return ["There was no valid call, nothing was simulated.", *problems]
    if not turn.measurement.ok or turn.score is None:
        reason = turn.measurement.status.replace("_", " ")
        return [f"The simulation failed: {reason}. {turn.measurement.log.strip()[-300:]}".strip()]
    notes = (*turn.measurement.log.splitlines(), *turn.proposal.problems)
    return ["Result:", *_score_lines(task, turn.score), *(f"Note: {note}" for note in notes)]


def _score_lines(task: Task, score: Score) -> list[str]:
    lines = []
    for entry in score.specs:
        spec = next(spec for spec in task.specs if spec.metric == entry.metric)
        value = "not measurable" if entry.value is None else task.circuit.metric(entry.metric).show(entry.value)
        margin = "" if entry.margin is None else f" ({entry.margin:+.1%})"
        place = f", worst at {task.place(entry.at)}" if task.plan is not None else ""
        lines.append(f"- {entry.metric} = {value}, target {spec.show(task.circuit.metric(spec.metric).unit)}: "
                     f"{'met' if entry.met else 'FAILED'}{margin}{place}")
    return lines


def _spec_text(circuit: Circuit, spec: Spec) -> str:
    return f"{spec.metric} {spec.show(circuit.metric(spec.metric).unit)}"


def write_reply(circuit: Circuit, analysis: str, parameters: Parameters | None) -> str:
    """A reply in the form that the system message asks for; without ``parameters`` it ends the session."""
    action = DESIGN_END if parameters is None else f"{CALL}{_call_text(circuit, parameters)}{CALL_END}"
    return f"{ANALYZE}{analysis}{ANALYZE_END}{action}"


def _reply_text(circuit: Circuit, turn: Turn) -> str:
    """What the model wrote, or what it would have written where another policy made the turn."""
    return turn.proposal.text or write_reply(circuit, "", turn.proposal.parameters or {})


def _call_text(circuit: Circuit, parameters: Parameters) -> str:
    arguments = {parameter.name: parameter.spice(parameters[parameter.name])
                 for parameter in circuit.parameters if parameter.name in parameters}
    return json.dumps({"name": FUNCTION, "arguments": arguments}, separators=(",", ":"))


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}
