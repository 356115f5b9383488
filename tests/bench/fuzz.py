"""Mutated session files: each is refused with the sentence, or can be shown, exported and continued.

    make bench-fuzz ARGS="--files 2000 --seed 0"
"""

import argparse
import collections
import copy
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuit
from sizing_app.policy.designs import initial_design
from sizing_app.prompt.chat import messages
from sizing_app.session.check import WrongSession
from sizing_app.session.events import Event, SessionFinished, SessionStarted, TurnFinished, fold
from sizing_app.session.file import read_session, write_session
from sizing_app.store.notes import Notes
from sizing_app.task.definition import Task
from sizing_app.task.limits import hold, narrowed
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.task.validation import check_task
from sizing_app.ui.exchange.export import KINDS
from sizing_app.ui.exchange.report import report
from sizing_app.ui.forms.form import initial_table, spec_table
from sizing_app.ui.forms.limit_form import limit_table

NUMBERS = (0, -1, 1e308, -1e308, 1e-320, 1e30, 2**63, 10**40, 0.5, True, float("nan"), float("inf"))
TEXTS = ("", "\0", "\ud800", "=1+1", "<script>", "a\nb", "x" * 300_000, "../..", "{9**9**9}", "tt", "\u202e", "%s{0}")
OTHERS = (None, [], {}, [[[]]], {"a": {}}, [1, 2])


def a_session(circuit: Circuit) -> list[Event]:
    """A design that fails, one that meets every spec, and the end; limits and a hint."""
    design = initial_design(circuit, 0)
    met = {spec.metric: spec.low if spec.low is not None else spec.high for spec in circuit.specs}
    first = circuit.parameters[0]
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, design, budget=3, hint="Wider.",
                limits={first.name: (first.low, first.high)})
    turns = []
    for index, metrics in enumerate(({**met, circuit.specs[0].metric: None}, met)):
        measurement = Measurement("ok", metrics, seconds=0.03)
        turns.append(Turn(index, Proposal(design, "<Analyze>a</Analyze>", "a"), measurement,
                          score(measurement, task.specs), 0.1))
    return [SessionStarted(task, "tl-grpo"), *map(TurnFinished, turns), SessionFinished("passed")]


def mutated(lines: Sequence[dict], source: random.Random) -> bytes:
    """The file with one or two values replaced, removed or repeated, and sometimes a byte changed."""
    lines = copy.deepcopy(list(lines))
    for _ in range(source.choice((1, 1, 2))):
        holder, key = source.choice(list(_places(lines)))
        action = source.random()
        if action < 0.7:
            holder[key] = _another(holder[key], source)
        elif action < 0.85 or isinstance(holder, dict):
            del holder[key]
        else:
            holder.append(copy.deepcopy(holder[key]))
        if not lines:
            break
    content = bytearray("\n".join(json.dumps(line) for line in lines).encode())
    if content and source.random() < 0.03:
        content[source.randrange(len(content))] = source.randrange(256)
    return bytes(content)


def _another(value: object, source: random.Random) -> object:
    """A value of the same kind, mostly: only that gets past the shape."""
    if source.random() < 0.15:
        return source.choice(source.choice((NUMBERS, TEXTS, OTHERS)))
    if isinstance(value, str):
        cut = source.randint(0, len(value))
        return source.choice((value[:cut], value[cut:], value[:cut] + source.choice(TEXTS) + value[cut:],
                              source.choice(TEXTS)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return source.choice((value * source.choice((0.5, 1.01, 2, 1e6, -1)), value + 1, source.choice(NUMBERS)))
    return source.choice(OTHERS) if value is None or source.random() < 0.3 else value


def _places(value: object):
    """Every (holder, key) of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


def use(content: bytes) -> None:
    """Read, show, export and get ready to continue. Raises WrongSession for a refused file, nothing else."""
    events = read_session(content).events
    state = fold(events)
    task, circuit = state.task, state.task.circuit
    report(state, "abc", Notes())
    assert read_session(write_session("abc", events).encode()).events == events
    for turn in state.history:
        if turn.score is not None and turn.proposal.parameters is not None:
            for _, _, write in KINDS.values():
                write(state, turn)
    spec_table(circuit, task.specs), initial_table(circuit, task.initial), limit_table(circuit, task.limits)
    history = tuple(turn for turn in state.history if turn.measurement is not None)
    if history:
        messages(task, history)
    again = replace(task, initial=hold(initial_design(narrowed(circuit, task.limits), 1), task.limits)[0])
    check_task(again)


def run(files: int, seed: int, circuits: Sequence[str] = ("OTA", "MILLER", "SimLDO", "ADC1")) -> collections.Counter:
    """How many files were accepted and refused; any other outcome is an exception."""
    source, counts = random.Random(seed), collections.Counter()
    documents = [[json.loads(line) for line in write_session("abc", a_session(load_circuit(name))).splitlines()]
                 for name in circuits]
    for number in range(files):
        content = mutated(documents[number % len(documents)], source)
        try:
            use(content)
            counts["accepted"] += 1
        except WrongSession:
            counts["refused"] += 1
        except Exception as error:
            error.add_note(f"file {number} of seed {seed}")
            raise
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.process_time()
    counts = run(options.files, options.seed)
    print(f"{options.files} files: {counts['accepted']} accepted, shown, exported and ready to go on, "
          f"{counts['refused']} refused with a sentence, {time.process_time() - started:.0f} s of CPU time")


if __name__ == "__main__":
    main()
