"""Stored sessions for the browser to open: real circuit, made-up measurements."""

from dataclasses import replace
from pathlib import Path

from sizing_app.circuit.folder import load_circuit
from sizing_app.policy.designs import initial_design
from sizing_app.prompt.claims import claims
from sizing_app.session.events import SessionFinished, TurnFinished
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn

ROOT = Path(__file__).resolve().parents[2]
GAINS = (60.0, 74.0, 80.0)
"""DC gain (dB) of the turns of a stored session; the default spec asks for a little more than the second."""
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> & \"quoted\""


def a_stored_session(store: SessionStore, reasoning: str = "Longer cascodes raise the gain.",
                     policy: str = "tl-grpo", gains: tuple[float, ...] = GAINS) -> str:
    """Turns in which l_cas doubles and the gain rises; everything else stays as it is."""
    circuit = load_circuit("OTA")
    design = initial_design(circuit, 0)
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, design, budget=2)
    session_id, history = store.create(task, policy), ()
    for index, gain in enumerate(gains):
        design = {**design, "l_cas": 0.4e-6 * 2 ** index}
        metrics = {spec.metric: spec.low if spec.low is not None else spec.high for spec in circuit.specs}
        measurement = Measurement("ok", {**metrics, "gain": gain}, seconds=0.03)
        text = f"<Analyze>{reasoning} Step {index}.</Analyze>"
        proposal = Proposal(design, text, f"{reasoning} Step {index}.") if index else Proposal(design)
        turn = Turn(index, proposal, measurement, score(measurement, task.specs))
        history = (*history, replace(turn, claims=tuple(claims(task, history, turn)) if history else ()))
        store.append(session_id, TurnFinished(history[-1]))
    store.append(session_id, SessionFinished("passed"))
    return session_id
