"""The program in a notebook: ``sizing_app.size``, ``simulate``, ``front``, ``stored`` and ``sessions``
(docs/notebook.md).

Values may be numbers in SI units or texts as people write them ("4.7u", "60 MHz"). What is wrong raises ValueError
with a sentence that says what was expected.
"""

import atexit
import dataclasses
import functools
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.units import read_quantity
from sizing_app.cli.values import (UsageError, read_circuit, read_conditions, read_design, read_parameters, read_plan,
                                   read_specs, read_then)
from sizing_app.evaluate.front import run_front
from sizing_app.evaluate.front import sweep as sweep_of
from sizing_app.paths import database_url
from sizing_app.policy import OWN_POLICY, PolicySettings, can_recall, check_can_size, default_for, make_policy
from sizing_app.policy.designs import initial_design
from sizing_app.session.events import SessionState, fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.store import SessionStore, SessionSummary, record
from sizing_app.task.definition import Task
from sizing_app.task.over import sampled
from sizing_app.task.reward import score
from sizing_app.task.validation import check_task

Value = float | str
Target = Value | tuple[Value, Value]


@dataclass(frozen=True)
class Session:
    """A session that was run or read."""

    id: str
    state: SessionState

    @property
    def passed(self) -> bool:
        """Whether some design met every spec."""
        return self.state.passed

    @property
    def best(self) -> dict[str, float]:
        """Parameters (SI units) of the best design."""
        return dict(self.state.best.proposal.parameters)

    def frame(self) -> pd.DataFrame:
        """A row a turn: its reward, whether all specs were met, its reasoning, parameters and metrics in SI units."""
        rows = [{"turn": turn.index, "reward": turn.reward, "passed": turn.score is not None and turn.score.passed,
                 "reasoning": turn.proposal.reasoning, **(turn.proposal.parameters or {}),
                 **(turn.measurement.metrics if turn.measurement else {})} for turn in self.state.history]
        return pd.DataFrame(rows).set_index("turn")

    def _repr_html_(self) -> str:
        from sizing_app.ui.parts.header import header
        from sizing_app.ui.parts.spec_board import spec_board
        return header(self.state, "") + spec_board(self.state)


def simulate(circuit: str, parameters: Mapping[str, Value] | None = None, *, database: str | None = None,
             **conditions: Value) -> pd.Series:
    """The metrics (SI units) of one design, its reward under the default specs and the status of the simulation.

    ``parameters`` that are left out are those of the golden design; ``conditions``: corner, temperature (degrees
    Celsius), supply (V), load (F), nominal unless given. A circuit without a folder is looked for in ``database``, by
    name or key.
    """
    known = read_circuit(circuit, database or database_url())
    design = read_design(known, _words(parameters))
    measured = _simulator().evaluate(known, design, _conditions(known, conditions))
    judged = score(measured, known.specs)
    return pd.Series({**measured.metrics, "reward": judged.reward, "passed": judged.passed, "status": measured.status},
                     name=circuit)


def size(circuit: str, specs: Mapping[str, Target] | None = None, *, policy: str | None = None, budget: int = 5,
         seed: int = 0, initial: Mapping[str, Value] | None = None, over: str = "nominal", samples: int = 0,
         yield_aim: str = "95%", pelgrom: str = "", round: int = 1, then: str = "stop", earlier: bool = True,
         base_url: str | None = None, model: str | None = None, database: str | None = None,
         **conditions: Value) -> Session:
    """Run a session to its end and store it.

    ``specs``: metric to its new target: a bound (a text may begin with >= or <=) or (low, high); the others keep their
    defaults. ``policy``: the best one for the budget by a table of what was measured unless given. ``initial``:
    starting values, the rest is random by ``seed``. ``over``: "corners" judges every design over all corners,
    temperatures and supplies, "tt,ss @ -40,125 @ 1.6" over some (task/over.py). ``samples``: random samples of the
    transistors that each design is judged at too; ``yield_aim`` is the share of them that must meet each spec, or "3
    sigma"; ``pelgrom``: coefficients to assume, "3,1". ``round``: designs that are proposed and simulated at once.
    ``then``: "minimize power" or "maximize gbw/power" goes on once all specs are met (task/goal.py).
    ``earlier``: whether response surfaces begin with what stored sessions simulated of the circuit.
    """
    known = read_circuit(circuit, database or database_url())
    point = _conditions(known, conditions)
    task = Task(known, read_specs(known, _words(specs)), point,
                read_parameters(known, _words(initial), initial_design(known, seed)), budget, seed,
                plan=sampled(known, point, read_plan(known, point, over), samples, yield_aim, pelgrom), round=round,
                goal=read_then(then))
    check_task(task)
    settings = PolicySettings(base_url, model)
    policy = policy or default_for(known, budget, settings)
    check_can_size(policy, task, settings)
    store = _store(database)
    if earlier and can_recall(policy):
        task = dataclasses.replace(task, earlier=store.memory.sessions(task))
    id = store.create(task, policy, source="notebook")
    made = make_policy(policy, settings, recall=store.memory.recall)
    return Session(id, fold(record(store, id, run_session(task, made, _simulator(), threading.Event()))))


def front(circuit: str, sweep: str, against: str, *, points: int = 6, designs: int = 100,
          ends: tuple[Value, Value] | None = None, specs: Mapping[str, Target] | None = None, seed: int = 0,
          initial: Mapping[str, Value] | None = None, database: str | None = None, **conditions: Value) -> pd.DataFrame:
    """What one metric costs in another: for each of ``points`` bounds of the spec of ``sweep``, between ``ends`` (half
    and twice the bound), a stored session of ``designs`` designs meets all specs, then pushes ``against``
    (evaluate/front.py). A row a design that no other one beats in both: its session and turn, parameters and metrics
    in SI units. Bounds whose sessions are stored already are not run again.
    """
    known = read_circuit(circuit, database or database_url())
    store, units = _store(database), {metric.name: metric.unit for metric in known.metrics}
    base = Task(known, read_specs(known, _words(specs)), _conditions(known, conditions),
                read_parameters(known, _words(initial), initial_design(known, seed)), designs, seed, round=4)
    unit = units.get(sweep, "")
    asked = sweep_of(base, sweep, against, points, ends and tuple(read_quantity(end, unit) for end in ends))
    check_task(asked.task(asked.bounds[0]))
    *_, found = run_front(asked, store, lambda _: make_policy(OWN_POLICY, recall=store.memory.recall), _simulator(),
                          threading.Event())
    return pd.DataFrame([{"session": point.session, "turn": point.turn, **point.parameters, **point.metrics}
                         for point in found.points])


def stored(id: str, database: str | None = None) -> Session:
    """A stored session. Raises StoreError where there is none."""
    return Session(id, fold(_store(database).events(id)))


def sessions(limit: int = 100, database: str | None = None) -> pd.DataFrame:
    """The stored sessions, the newest first, by id."""
    fields = [field.name for field in dataclasses.fields(SessionSummary)]
    rows = [dataclasses.asdict(row) for row in _store(database).list(limit=limit)]
    return pd.DataFrame(rows, columns=fields).set_index("id")


def _words(values: Mapping[str, Target] | None) -> list[str]:
    """NAME=VALUE, as the command line has them."""
    def text(value: Target) -> str:
        if isinstance(value, tuple):
            return "..".join(text(end) for end in value)
        return value if isinstance(value, str) else repr(float(value))
    return [f"{name}={text(value)}" for name, value in (values or {}).items()]


def _conditions(circuit: Circuit, conditions: Mapping[str, Value]) -> Conditions:
    names = [field.name for field in dataclasses.fields(Conditions)]
    if unknown := sorted(set(conditions) - set(names)):
        raise UsageError(f"{unknown[0]!r} is none of {', '.join(names)}")
    given = {name: str(conditions[name]) if name in conditions else None for name in names}
    return read_conditions(circuit, SimpleNamespace(**given))


@functools.cache
def _simulator() -> SimulatorPool:
    """One for the whole notebook."""
    pool = SimulatorPool(os.cpu_count())
    atexit.register(pool.close)
    return pool


@functools.cache
def _store(url: str | None) -> SessionStore:
    return SessionStore(url or database_url())
