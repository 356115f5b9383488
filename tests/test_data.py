"""Pools, queries, surrogates, the teacher and its lessons: small, but on real ngspice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.definition import Circuit, ConditionSpace, Spec
from sizing_app.circuit.folder import home, load_circuit, load_circuits, settle
from sizing_app.errors import PolicyError
from sizing_app.policy.regressor import Regressor
from sizing_app.policy.stored import Lookup, TeacherPolicy
from sizing_app.pools.designs import Pool, load_pool, pool_path, save_pool
from sizing_app.pools.surrogate import condition_features, load_surrogate, save_surrogate, surrogate_path
from sizing_app.pools.targets import DesignGrid, draw_targets, harder, margins, metric_row, rounded, tighten
from sizing_app.pools.teacher import Teacher
from sizing_app.prompt.analysis import move_text
from sizing_app.prompt.compact import target_text
from sizing_app.prompt.parser import parse_reply
from sizing_app.session.turn import initial_turn
from sizing_app.simulator import SimulatorPool
from sizing_app.task.reward import score, spec_score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.train import queries as training
from sizing_app.train.baselines import build_mlp
from sizing_app.train.data import sample_texts
from sizing_app.train.family.ranges import widened
from sizing_app.train.imagine import imagine, lessons, in_ranges_of, write_lessons
from sizing_app.train.pool import build_pool
from sizing_app.train.surrogate import fit_surrogate
from tests.builders import settled

SIMULATIONS = 240


def narrow(circuit: Circuit) -> Circuit:
    """The circuit at its nominal conditions and one lighter load, with the files of the whole one."""
    space = circuit.conditions
    found = replace(circuit, conditions=ConditionSpace(space.corners[:1], space.temperatures[:1], space.supplies[:1],
                                                       space.loads[:2]))
    settle(found, home(circuit))
    return found


@pytest.fixture(scope="module")
def circuit() -> Circuit:
    return narrow(load_circuit("OTA"))


@pytest.fixture(scope="module")
def simulator():
    with SimulatorPool(2, deadline=60.0) as pool:
        yield pool


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("data") / "OTA.npz"


@pytest.fixture(scope="module")
def pool(circuit, simulator, path) -> Pool:
    return build_pool(circuit, simulator, 2, SIMULATIONS, path, np.random.default_rng(0), report=lambda text: None)


@settings(deadline=None)
@given(st.integers(0, 2 ** 32 - 1))
def test_drawn_targets_survive_the_prompt(seed):
    """Targets stand on the grid that the compact prompt writes, so that rounding to the safe side changes nothing."""
    rng = np.random.default_rng(seed)
    for circuit in load_circuits().values():
        for spec in draw_targets(circuit, rng):
            step = {"dB": 0.5, "deg": 1.0}.get(circuit.metric(spec.metric).unit)
            for bound in filter(None, (spec.low, spec.high)):
                nudge = 0.4 * step if step else 0.005 * bound
                nudged = replace(spec, low=spec.low and spec.low - nudge, high=spec.high and spec.high + nudge)
                assert target_text(circuit, spec) == target_text(circuit, nudged)


@settings(deadline=None)
@given(st.floats(1e-12, 1e9), st.booleans())
def test_rounding_goes_to_the_easier_side(value, upper):
    circuit = load_circuit("OTA")
    spec = Spec("power", high=value) if upper else Spec("gbw", low=value)
    eased = rounded(circuit, [spec])[0]
    bound = eased.high if upper else eased.low
    assert -1e-8 < (bound / value - 1 if upper else 1 - bound / value) < 0.03
    assert rounded(circuit, [eased])[0] == eased


def test_margins_agree_with_the_reward():
    circuit = load_circuit("OTA")
    rng = np.random.default_rng(1)
    specs = draw_targets(circuit, rng)
    for _ in range(50):
        values = {}
        for spec in specs:
            bound = spec.low if spec.low is not None else spec.high
            values[spec.metric] = bound * rng.uniform(0.5, 1.6)
        measurement = Measurement("ok", values)
        expected = [spec_score(values[spec.metric], spec).margin for spec in specs]
        assert margins(circuit, specs, metric_row(circuit, measurement)) == pytest.approx(expected)
    missing = metric_row(circuit, Measurement("timeout", {}))
    assert np.all(margins(circuit, specs, missing) == -np.inf)


def test_grid_rows_are_designs(circuit):
    grid, rng = DesignGrid(circuit), np.random.default_rng(2)
    for row in grid.random(rng, 50):
        design = grid.design(row)
        assert np.array_equal(grid.index(design), row) and np.array_equal(grid.snap(grid.unit(row)), row)
        assert all(value == parameter.snap(value) for value, parameter in zip(design.values(), circuit.parameters,
                                                                               strict=True))


def test_tightening_never_eases_and_keeps_the_witness():
    circuit, rng = load_circuit("OTA"), np.random.default_rng(3)
    for _ in range(50):
        specs = draw_targets(circuit, rng)
        witness = np.array([(spec.low or 0) * 1.3 if spec.low is not None else spec.high * 0.7 for spec in specs])
        witness[[spec.kind == "range" for spec in specs].index(True)] = 75.0
        tight = tighten(circuit, specs, witness, rng)
        assert (margins(circuit, tight, witness) >= 0).all()
        for before, after, default in zip(specs, tight, circuit.specs, strict=True):
            if before.kind == "lower":
                assert before.low <= after.low <= max(before.low, harder(default, 0.25).low)
            elif before.kind == "upper":
                assert before.high >= after.high
    assert sum(before != after for before, after in zip(specs, tight, strict=True)) >= 3


def test_pool_is_simulated_near_the_targets_and_resumes(pool, path, circuit, simulator):
    assert len(pool) == SIMULATIONS * len(pool.conditions)
    met = (margins(circuit, circuit.specs, pool.metrics).min(axis=1) >= 0)
    assert 0.02 < met.mean() < 0.9
    for row in np.flatnonzero(met)[:3]:
        measured = simulator.evaluate(circuit, pool.grid.design(pool.design[row]), pool.conditions[pool.condition[row]])
        assert metric_row(circuit, measured) == pytest.approx(pool.metrics[row], rel=1e-4)
    again = load_pool(circuit, path)
    assert np.array_equal(again.design, pool.design)
    longer = build_pool(circuit, simulator, 2, SIMULATIONS + 4, path.with_name("longer.npz"), np.random.default_rng(1),
                        deadline=0, report=print)
    assert len(longer) == 0
    with pytest.raises(ValueError, match="other parameters"):
        load_pool(replace(circuit, parameters=circuit.parameters[1:]), path)


def test_training_queries_are_reachable_and_kept_in_files(pool, circuit, tmp_path):
    rng = np.random.default_rng(4)
    tasks = [training.synthesize(circuit, pool, rng, tight_share=0.5, hidden_share=0.5) for _ in range(60)]
    for task in tasks:
        metrics = pool.metrics[pool.rows(pool.index_of(task.conditions))]
        assert (margins(circuit, task.specs, metrics).min(axis=1) >= 0).any()
    assert len({str(task.specs) for task in tasks}) == len(tasks)
    assert 15 < sum(task.stated is not None and task.stated != task.conditions for task in tasks) < 45
    training.save_queries(tmp_path / "q.jsonl.gz", tasks)
    assert training.load_queries(tmp_path / "q.jsonl.gz", {"OTA": circuit}) == tasks


@pytest.fixture(scope="module")
def teacher(pool) -> Teacher:
    return Teacher(pool, fit_surrogate(pool, networks=2, steps=1500))


def test_a_surrogate_inverts_its_heights_and_its_slope_is_that_of_its_predictions(teacher, pool):
    surrogate, rng = teacher.surrogate, np.random.default_rng(4)
    columns = surrogate.columns
    heights = surrogate.heights(pool.metrics[:50, columns].astype(float))
    assert surrogate.values(heights) == pytest.approx(pool.metrics[:50, columns], rel=1e-5)
    conditions = np.array([condition_features(pool.circuit, pool.conditions[0])])
    inputs = np.concatenate([rng.uniform(-1, 1, (1, len(pool.circuit.parameters))), conditions], axis=1)
    weights = rng.normal(size=(1, len(columns)))
    slope = surrogate._backward(weights, surrogate._forward(inputs)[1])[0]
    for place in range(len(pool.circuit.parameters)):
        step = np.zeros_like(inputs)
        step[0, place] = 1e-4
        ahead, behind = (float((surrogate._forward(inputs + sign * step)[0] * weights).sum()) for sign in (1, -1))
        assert slope[place] == pytest.approx((ahead - behind) / 2e-4, rel=1e-3, abs=1e-4)


def test_a_surrogate_survives_its_file_and_is_bound_to_its_circuit(teacher, circuit, tmp_path):
    save_surrogate(teacher.surrogate, tmp_path / "OTA.npz")
    again = load_surrogate(tmp_path / "OTA.npz", circuit)
    unit = np.full((1, len(circuit.parameters)), 0.5)
    features = condition_features(circuit, circuit.conditions.nominal)[None]
    assert again.predict(unit, features) == pytest.approx(teacher.surrogate.predict(unit, features), abs=0.02)
    with pytest.raises(PolicyError, match="OTA.npz: network 0 does not map"):
        load_surrogate(tmp_path / "OTA.npz", replace(circuit, parameters=circuit.parameters[1:]))


def test_the_teacher_meets_specs_and_makes_up_for_what_was_missed(teacher, pool, circuit, simulator):
    """At the first try, on real simulations; told that a try was slower than it was, it makes the design faster, by few
    moves."""
    rng = np.random.default_rng(5)
    tasks = [training.synthesize(circuit, pool, rng, tight_share=0.5) for _ in range(16)]
    histories, conditions = [(initial_turn(task, simulator),) for task in tasks], [task.conditions for task in tasks]
    answers = teacher.answers(tasks, histories, conditions, rng)
    measured = simulator.evaluate_many([(circuit, answer.parameters, task.conditions)
                                        for answer, task in zip(answers, tasks, strict=True)])
    assert sum(score(*pair).passed for pair in zip(measured, [task.specs for task in tasks], strict=True)) >= 13
    for place, (task, answer) in enumerate(zip(tasks, answers, strict=True)):
        target = next(spec.low for spec in task.specs if spec.metric == "gbw")
        slower = replace(measured[place], metrics={**measured[place].metrics, "gbw": 0.9 * target})
        turn = Turn(1, Proposal(answer.parameters), slower, score(slower, task.specs))
        histories[place] = (*histories[place], turn)
    corrected = teacher.answers(tasks, histories, conditions, rng)
    moved = [sum(after.parameters[name] != value for name, value in before.parameters.items())
             for before, after in zip(answers, corrected, strict=True)]
    assert 1 <= np.mean(moved) <= len(circuit.parameters) / 2
    faster = simulator.evaluate_many([(circuit, answer.parameters, task.conditions)
                                      for answer, task in zip(corrected, tasks, strict=True)])
    assert sum(after.metrics["gbw"] > before.metrics["gbw"]
               for before, after in zip(measured, faster, strict=True)) >= 13


def test_lessons_parse_and_hold_what_they_say(teacher, pool, circuit, tmp_path):
    rng, sizes = np.random.default_rng(6), []
    tasks = [training.synthesize(circuit, pool, rng, tight_share=0.3, hidden_share=0.3) for _ in range(40)]
    trajectories = imagine(tasks, teacher, rng)
    for trajectory in trajectories:
        start, *_ = trajectory.history
        rows = pool.rows(pool.index_of(trajectory.task.conditions))
        row = rows[pool.design[rows].tolist().index(pool.grid.index(start.proposal.parameters).tolist())]
        assert metric_row(circuit, start.measurement) == pytest.approx(pool.metrics[row])
        for size, lesson in enumerate(lessons(trajectory), start=1):
            history, proposal = trajectory.history[:size], parse_reply(lesson["reply"].removesuffix("<|end|>"), circuit)
            assert not proposal.problems and proposal.reasoning
            assert proposal.finished == history[-1].score.passed
            sizes.append(len(proposal.reasoning.split()))
            if not proposal.finished:
                answer = trajectory.answers[size - 1]
                assert proposal.parameters == pytest.approx(answer.parameters)
                said = move_text(trajectory.task, history, pool.grid.index(answer.parameters), answer.metrics)
                assert proposal.reasoning == said
        assert size <= trajectory.task.budget
    assert max(sizes) <= 50
    lengths = [len(trajectory.history) for trajectory in trajectories]
    assert 10 <= lengths.count(1) < 30 and max(lengths) >= 3
    write_lessons(trajectories[:6], tmp_path / "OTA.jsonl.gz")
    texts = sample_texts([tmp_path / "OTA.jsonl.gz"])
    assert texts and all(text.startswith("<|task|>") and text.endswith("<|end|>") for text in texts)


def test_wider_ranges_change_where_a_design_lies_and_not_what_it_is(teacher, pool, circuit):
    rng = np.random.default_rng(3)
    wider = widened(circuit, rng)
    assert wider.parameters != circuit.parameters
    for old, new in zip(circuit.parameters, wider.parameters, strict=True):
        assert set(old.grid()) <= set(new.grid()) and len(new.grid()) <= len(old.grid()) + 12
    trajectory, = imagine([training.synthesize(circuit, pool, rng, tight_share=0.3)], teacher, rng)
    for lesson, answer in zip(lessons(in_ranges_of(trajectory, wider)), trajectory.answers, strict=False):
        proposal = parse_reply(lesson["reply"].removesuffix("<|end|>"), wider)
        assert proposal.parameters == pytest.approx(answer.parameters)


def test_baselines_know_what_the_pool_knows(teacher, pool, circuit, simulator, tmp_path):
    rng = np.random.default_rng(7)
    here = settled(tmp_path, circuit)
    save_pool(pool, pool_path(here))
    task = replace(training.synthesize(circuit, pool, rng, 0.0), circuit=here)
    build_mlp(circuit, pool, tmp_path / "mlp" / "OTA.npz", rng, count=120, report=lambda text: None)
    history = (initial_turn(task, simulator),)
    save_surrogate(teacher.surrogate, surrogate_path(tmp_path, circuit))
    for policy in (Lookup(), TeacherPolicy(tmp_path), Regressor(tmp_path)):
        *_, proposal = policy.propose(task, history, None)
        assert score(simulator.evaluate(circuit, proposal.parameters, task.conditions), task.specs).reward > 0.5
