"""The one design that a command is about: of a circuit by --golden and --set, or of a stored session."""

import argparse
from contextlib import closing
from dataclasses import dataclass

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.folder import circuit_names
from sizing_app.cli.values import UsageError, read_circuit, read_conditions, read_design
from sizing_app.errors import NotStored
from sizing_app.session.events import SessionState, fold
from sizing_app.task.turn import Turn


@dataclass(frozen=True)
class ChosenDesign:
    """A design, what is asked of it, and the session and its turn that it is from, if any."""

    circuit: Circuit
    parameters: Parameters
    conditions: Conditions
    specs: tuple[Spec, ...]
    origin: str
    """In words."""
    session: SessionState | None = None
    turn: Turn | None = None


def choose(args: argparse.Namespace) -> ChosenDesign:
    """What ``args.design`` names. Raises UsageError."""
    if args.golden or args.set:
        if args.turn is not None:
            raise UsageError(f"--turn {args.turn}: expected a session without --golden and --set, or these alone")
        circuit = read_circuit(args.design, args.database)
        origin = "golden design" if args.golden and not args.set else "values given by hand"
        return ChosenDesign(circuit, read_design(circuit, args.set, args.golden), read_conditions(circuit, args),
                            circuit.specs, origin)
    if args.design in circuit_names():
        raise UsageError("which design? expected --golden or --set NAME=VALUE ...")
    return _of_session(args)


def _of_session(args: argparse.Namespace) -> ChosenDesign:
    from sizing_app.store import SessionStore  # a second to import
    try:
        with closing(SessionStore(args.database)) as store:
            state = fold(store.events(args.design))
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
    return ChosenDesign(task.circuit, turn.proposal.parameters, read_conditions(task.circuit, args, task.conditions),
                        task.specs, f"turn {turn.index} of session {args.design}, {state.policy}, seed {task.seed}",
                        state, turn)
