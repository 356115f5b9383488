"""The one design that a command is about: of a circuit by --golden and --set, or of a stored session."""

import argparse
from dataclasses import dataclass

from sizing_app.circuit.definition import Circuit, Conditions, Parameters, Spec
from sizing_app.circuit.folder import circuit_names, golden, has_golden
from sizing_app.cli.values import UsageError, read_circuit, read_conditions, read_parameters
from sizing_app.errors import NotStored
from sizing_app.session.events import SessionState, fold


@dataclass(frozen=True)
class ChosenDesign:
    """A design, what is asked of it, and the session that it is from, if any."""

    circuit: Circuit
    parameters: Parameters
    conditions: Conditions
    specs: tuple[Spec, ...]
    origin: str
    """In words."""
    session: SessionState | None = None


def read_design(circuit: Circuit, args: argparse.Namespace) -> Parameters:
    """The golden design with the values that are set. It is not needed where all of them are."""
    if not args.golden and not args.set:
        raise UsageError("which design? expected --golden or --set NAME=VALUE ...")
    names = [parameter.name for parameter in circuit.parameters]
    missing = [name for name in names if name not in {word.partition("=")[0].strip() for word in args.set}]
    if not args.golden and (not missing or not has_golden(circuit)):
        parameters = read_parameters(circuit, args.set, {})
        if missing:
            raise UsageError(f"{circuit.name} has no golden design to start from: set {', '.join(missing)} too")
        return {name: parameters[name] for name in names}
    return read_parameters(circuit, args.set, golden(circuit)["parameters"])


def choose(args: argparse.Namespace) -> ChosenDesign:
    """What ``args.design`` names. Raises UsageError."""
    if args.design in circuit_names():
        circuit = read_circuit(args.design)
        origin = "golden design" if args.golden and not args.set else "values given by hand"
        return ChosenDesign(circuit, read_design(circuit, args), read_conditions(circuit, args), circuit.specs, origin)
    if args.golden or args.set:
        read_circuit(args.design)  # raises, with the names that there are
    return _of_session(args)


def _of_session(args: argparse.Namespace) -> ChosenDesign:
    from sizing_app.store import SessionStore  # a second to import
    try:
        state = fold(SessionStore(args.database).events(args.design))
    except NotStored as error:
        raise UsageError(f"{args.design!r} is neither a circuit ({', '.join(circuit_names())}) nor a stored "
                         f"session: {error}") from error
    if args.turn is None:
        turn = state.best
    else:
        turn = next((item for item in state.history if str(item.index) == args.turn), None)
    if turn is None or turn.proposal.parameters is None or turn.score is None:
        raise UsageError(f"session {args.design} has no simulated design there: turns 0 to {len(state.history) - 1}")
    task = state.task
    return ChosenDesign(task.circuit, turn.proposal.parameters, task.conditions, task.specs,
                        f"turn {turn.index} of session {args.design}, {state.policy}, seed {task.seed}", state)
