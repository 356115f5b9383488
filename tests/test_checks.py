"""Checks of a design in the background: shared seats, progress, stop, memory; and their values from closed forms."""

import threading
import time
from concurrent.futures import Future
from dataclasses import replace

import pytest

from sizing_app.checks import Checks
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.variation import first_sample
from sizing_app.errors import SimulatorError
from sizing_app.evaluate.signoff import Design, check_corners, check_sensitivity, corner_points
from sizing_app.simulator.shared import Shared, Stopped
from sizing_app.task.protocols import Job, completed
from sizing_app.task.turn import Measurement
from tests.builders import GOOD, QuadraticSimulator, a_circuit

TOY = a_circuit()
DESIGN = Design(TOY, GOOD, TOY.conditions.nominal)
WAIT = 20.0


class Queue(QuadraticSimulator):
    """Two seats; remembers how many jobs came at once."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    @property
    def seats(self) -> int:
        return 2

    def submit(self, jobs):
        self.sizes.append(len(jobs))
        return super().submit(jobs)


def ended(checks: Checks, design: Design = DESIGN) -> dict:
    """The checks of a design once none of them runs."""
    *_, last = checks.follow(design)
    return last


def jobs(count: int) -> list[Job]:
    return [Job(TOY, GOOD, TOY.conditions.nominal)] * count


def test_long_work_never_has_more_jobs_in_the_queue_than_seats():
    queue, told = Queue(), []
    answers = Shared(queue, progress=lambda *counts: told.append(counts)).submit(jobs(5))
    assert queue.sizes == [1] * 5 and [answer.result().metrics["gain"] for answer in answers] == [60.0] * 5
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_no_job_follows_a_stop():
    stop, queue = threading.Event(), Queue()
    with pytest.raises(Stopped):
        Shared(queue, stop, lambda done, _: stop.set() if done == 3 else None).submit(jobs(50))
    assert len(queue.sizes) <= 5


def test_a_job_that_takes_long_leaves_the_other_seats_to_those_that_follow():
    first = Future()
    limit = threading.Timer(WAIT, first.cancel)
    limit.start()

    class Slow(Queue):
        def submit(self, jobs):
            self.sizes.append(len(jobs))
            if len(self.sizes) == 5:
                first.set_result("first")
            return [first] if len(self.sizes) == 1 else [completed(len(self.sizes))]

    assert [answer.result() for answer in Shared(Slow()).submit(jobs(5))] == ["first", 2, 3, 4, 5]
    limit.cancel()


def test_a_check_is_followed_to_its_end_and_remembered():
    checks, queue = Checks(), Queue()
    first = checks.start(DESIGN, "corners", None, lambda simulator: check_corners(DESIGN, simulator), queue)
    found = ended(checks)["corners"]
    assert (found.id, found.status, found.done, found.submitted) == (first, "done", 8, 8)
    assert found.result.conditions == corner_points(TOY, DESIGN.conditions) and found.result.met(TOY.specs) == 2
    simulated = len(queue.sizes)
    assert checks.start(DESIGN, "corners", None, lambda simulator: None, queue) == first
    assert len(queue.sizes) == simulated and checks.result(DESIGN, "corners") is found.result
    other = replace(DESIGN, parameters={**GOOD, "m": 9.0})
    assert checks.of(other) == {} and list(checks.follow(other)) == [{}]


def test_a_check_can_be_stopped_and_asked_for_again():
    checks, running = Checks(), threading.Event()

    def slow(simulator):
        running.set()
        for _ in range(2000):
            simulator.submit(jobs(1))
            time.sleep(0.005)

    checks.start(DESIGN, "samples", 200, slow, QuadraticSimulator())
    assert running.wait(WAIT) and len(checks.running()) == 1
    checks.stop(DESIGN, "samples")
    assert ended(checks)["samples"].status == "stopped" and checks.running() == []
    checks.start(DESIGN, "samples", 200, lambda simulator: "found", QuadraticSimulator())
    assert ended(checks)["samples"].result == "found"


def test_at_the_end_of_the_app_checks_stop_and_none_begins():
    checks, running = Checks(), threading.Event()

    def endless(simulator):
        running.set()
        while True:
            simulator.submit(jobs(1))

    checks.start(DESIGN, "front", None, endless, QuadraticSimulator())
    assert running.wait(WAIT)
    checks.close(WAIT)
    assert checks.running() == [] and ended(checks)["front"].status == "stopped"
    checks.start(DESIGN, "samples", 20, endless, QuadraticSimulator())
    assert ended(checks)["samples"].status == "stopped"
    with checks.waited_for(QuadraticSimulator()) as (_, simulator), pytest.raises(Stopped):
        simulator.submit(jobs(1))
    checks.close(WAIT)


def test_other_settings_take_the_place_of_a_check():
    checks = Checks()
    first = checks.start(DESIGN, "samples", 20, lambda _: 20, QuadraticSimulator())
    second = checks.start(DESIGN, "samples", 40, lambda _: 40, QuadraticSimulator())
    assert first != second and ended(checks)["samples"].result == 40


@pytest.mark.parametrize("error, said", [(SimulatorError("no ngspice"), "no ngspice"),
                                         (RuntimeError("secret"), "Unexpected error (RuntimeError)")])
def test_a_failure_is_a_sentence(error, said):
    def work(simulator):
        raise error

    checks = Checks()
    checks.start(DESIGN, "report", None, work, QuadraticSimulator())
    found = ended(checks)["report"]
    assert found.status == "failed" and said in found.message and "secret" not in found.message


def test_the_oldest_checks_are_forgotten_but_none_that_runs():
    checks, go = Checks(kept=2), threading.Event()
    designs = [replace(DESIGN, parameters={**GOOD, "m": float(m)}) for m in range(1, 6)]
    checks.start(designs[0], "corners", None, lambda _: go.wait(WAIT), QuadraticSimulator())
    for design in designs[1:]:
        checks.start(design, "corners", None, lambda _: 1, QuadraticSimulator())
        ended(checks, design)
    assert [bool(checks.of(design)) for design in designs] == [True, False, False, False, True]
    go.set()
    ended(checks, designs[0])


def test_slopes_are_those_of_the_formula_and_missing_shares_are_explained():
    """power = 1e-2 w m: 1% more of either is 1% more power; TOY has no transistors, so no coefficients either."""
    toy = replace(TOY, process="own")
    found = check_sensitivity(replace(DESIGN, circuit=toy), QuadraticSimulator())
    power = {item.parameter: item for item in found.effects if item.metric == "power"}
    assert power["w"].elasticity == pytest.approx(1) and power["m"].slope == pytest.approx(1e-2 * GOOD["w"])
    assert power["w"].per_percent == pytest.approx(0.01 * 1e-2 * 10e-6 * 10)
    assert found.shares == () and "brings models of its own" in found.missing


def test_the_first_sample_varies_what_the_foundry_describes():
    ota, opamp = load_circuit("OTA"), load_circuit("OPAMP1")
    assert first_sample(ota, ota.conditions.nominal).process
    assert not first_sample(ota, replace(ota.conditions.nominal, corner="ss")).process
    with pytest.raises(ModelError, match="say which to assume"):
        first_sample(opamp, opamp.conditions.nominal)
    assert first_sample(opamp, opamp.conditions.nominal, pelgrom=(3e-9, 1e-8)).pelgrom == (3e-9, 1e-8)


def test_answers_that_fail_are_answers():
    class Failing(QuadraticSimulator):
        def submit(self, asked):
            return [completed(Measurement("crashed", {"gain": None, "power": None}, "died")) for _ in asked]

    found = check_corners(DESIGN, Shared(Failing()))
    assert found.failed == 8 and found.met(TOY.specs) == 0 and found.values("gain") == []
