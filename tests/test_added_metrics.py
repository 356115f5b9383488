"""One's own metrics on top of a ready testbench."""

import math

import pytest

from sizing_app.circuit.definition import Metric
from sizing_app.simulator import SimulatorPool
from sizing_app.testbenches.added import add_expression, add_measure
from sizing_app.testbenches.bench import BenchError, attach
from sizing_app.testbenches.template import fill, read_template
from sizing_app.testbenches.wiring import Wiring
from tests.test_testbenches import AMPLIFIER, GM, PORTS, SUPPLY, R, macro

CIRCUIT = macro(AMPLIFIER, 50e-12)


@pytest.fixture
def bench():
    return fill(read_template("op-amp"), Wiring(PORTS), CIRCUIT.conditions.nominal)


def test_added_metrics_are_measured_with_the_others(bench):
    bench = add_measure(bench, ".meas ac corner when vdb(out)='cut' fall=1", "high", names={"cut": "-3.0103"})
    bench = add_measure(bench, ".meas tran high max v(inp)", analysis="step", unit="V")
    bench = add_expression(bench, Metric("merit", "GBW per watt", "Hz/W", ""), "gbw/power*{r}/1meg", "high")
    bench = add_expression(bench, Metric("current", "Current of R2", "A", ""), "v(vdd)/18k", "low", "op")
    with SimulatorPool(1, deadline=120.0, trusted=True) as pool:
        found = pool.evaluate(attach(CIRCUIT, bench), {"r": R}, CIRCUIT.conditions.nominal)
    assert found.ok, found.log
    gbw = GM / (2 * math.pi * 50e-12)
    assert found.metrics["corner"] == pytest.approx(gbw, rel=0.02)  # of the closed loop
    assert found.metrics["high"] == pytest.approx(1.0) and found.metrics["current"] == pytest.approx(SUPPLY / 18e3)
    assert found.metrics["merit"] == pytest.approx(gbw / (SUPPLY ** 2 / 18e3), rel=0.02)
    assert [item.unit for item in bench.metrics[-4:]] == ["Hz", "V", "Hz/W", "A"]
    assert bench.better["corner"] == "high" and bench.better["high"] == "near"


@pytest.mark.parametrize("add, said", [
    (lambda bench: add_measure(bench, ".meas noise x max v(a)", analysis="loop"), "no noise analysis called 'loop'"),
    (lambda bench: add_measure(bench, ".meas ac gain max v(a)"), "already a metric called 'gain'"),
    (lambda bench: add_measure(bench, ".meas ac x err v(a)"), "'err' is not supported"),
    (lambda bench: add_measure(bench, "shell x"), "is not a .meas line"),
    (lambda bench: add_expression(bench, Metric("x", "x", "", ""), "v(out)", analysis="none"), "is no analysis"),
    (lambda bench: add_expression(bench, Metric("x", "x", "", ""), "foo(1)"), "x: 'foo' is not a function"),
])
def test_a_refusal_says_why(add, said, bench):
    with pytest.raises(BenchError) as found:
        add(bench)
    assert said in str(found.value)
