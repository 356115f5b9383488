"""Pools, queries, surrogates, the teacher and its lessons: small, but on real ngspice."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import home, load_circuit, load_circuits, settle
from sizing_app.errors import PolicyError
from sizing_app.policy.regressor import Regressor
from sizing_app.policy.stored import Lookup, TeacherPolicy
from sizing_app.pools.designs import Pool, centroid, load_pool, pool_path, save_pool
from sizing_app.pools.networks import save_networks
from sizing_app.pools.query_rules import SINGLE_LIMIT, attractor
from sizing_app.pools.surrogate import condition_features, load_surrogate, save_surrogate, surrogate_path
from sizing_app.pools.targets import DesignGrid, margins, metric_row, rounded
from sizing_app.pools.teacher import Answer, Teacher
from sizing_app.prompt.analysis import move_text
from sizing_app.prompt.claims import claims
from sizing_app.prompt.compact import target_text
from sizing_app.prompt.parser import parse_reply
from sizing_app.prompt.versions import LATEST
from sizing_app.prompt.wording import wording
from sizing_app.session.turn import initial_turn
from sizing_app.simulator import SimulatorPool
from sizing_app.task.definition import Task
from sizing_app.task.reward import score, spec_score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.train.baselines import build_mlp
from sizing_app.train.config import CIRCUITS
from sizing_app.train.data import sample_texts
from sizing_app.train.fit import fit
from sizing_app.train.imagine import _Session, imagine, lessons, write_lessons
from sizing_app.train.pool import build_pool
from sizing_app.train.prepare import in_pairs_moved
from sizing_app.train.queries import (FIRST_SEED, PAIR, RECIPES, Synthesis, in_other_ranges, load_queries,
                                      save_queries)
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


@settings(max_examples=20)
@given(st.integers(0, 2 ** 32 - 1))
def test_drawn_targets_survive_the_prompt(seed):
    """Targets stand on the grid that the compact prompt writes, so that rounding to the safe side changes nothing."""
    rng = np.random.default_rng(seed)
    for circuit in load_circuits().values():
        drawn, _ = attractor(circuit, rng)
        for spec in rounded(circuit, drawn):
            step = {"dB": 0.5, "deg": 1.0}.get(circuit.metric(spec.metric).unit)
            for bound in filter(None, (spec.low, spec.high)):
                nudge = 0.4 * step if step else 0.005 * bound
                nudged = replace(spec, low=spec.low and spec.low - nudge, high=spec.high and spec.high + nudge)
                assert target_text(circuit, spec) == target_text(circuit, nudged)


@given(st.floats(1e-12, 1e9), st.booleans())
def test_rounding_goes_to_the_easier_side(value, upper):
    circuit = load_circuit("OTA")
    spec = Spec("power", high=value) if upper else Spec("gbw", low=value)
    eased = rounded(circuit, [spec])[0]
    bound = eased.high if upper else eased.low
    assert -1e-8 < (bound / value - 1 if upper else 1 - bound / value) < 0.03
    assert rounded(circuit, [eased])[0] == eased


@given(st.floats(1e-12, 1e9), st.booleans())
def test_a_negative_bound_is_rounded_as_a_positive_one_is(value, upper):
    circuit = load_circuit("OTA")
    below = Spec("power", high=-value) if upper else Spec("power", low=-value)
    above = Spec("power", low=value) if upper else Spec("power", high=value)
    found, mirrored = (rounded(circuit, [spec])[0] for spec in (below, above))
    assert (found.low or found.high) == -(mirrored.low or mirrored.high)
    assert rounded(circuit, [Spec("power", high=0.0, scale=1.0)])[0].high == 0.0


def test_margins_agree_with_the_reward():
    circuit = load_circuit("OTA")
    rng = np.random.default_rng(1)
    specs = circuit.specs
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


@pytest.fixture(scope="module")
def ota_pool() -> Pool:
    return load_pool(load_circuit("OTA"), pool_path(load_circuit("OTA")))


def drawn(pool: Pool, count: int, seed: int = 4, **shares) -> list[Task]:
    return Synthesis(pool, **shares).draw(np.random.default_rng(seed), count)


def test_training_queries_are_witnessed_and_no_one_design_meets_many(ota_pool):
    circuit, tasks = ota_pool.circuit, drawn(ota_pool, 300)
    assert len({str(task.specs) for task in tasks}) == 300 and all(task.seed >= FIRST_SEED for task in tasks)
    for conditions in {task.conditions for task in tasks}:
        rows = ota_pool.rows(ota_pool.index_of(conditions))
        met = np.array([margins(circuit, task.specs, ota_pool.metrics[rows]).min(axis=1) >= 0 for task in tasks
                        if task.conditions == conditions])
        assert met.any(axis=1).all()
        assert met.sum(axis=0).max() <= max(2, SINGLE_LIMIT * len(met)) + 1
        centre = ota_pool.grid.snap(centroid(ota_pool, ota_pool.index_of(conditions), circuit.specs, 1))
        assert met[:, (ota_pool.design[rows] == centre).all(axis=1)].mean() <= 0.1
    power = [spec.high for task in tasks for spec in task.specs if spec.metric == "power"]
    assert np.percentile(power, 95) > 3 * np.percentile(power, 5)


def test_training_queries_are_the_same_for_the_same_seed(ota_pool):
    shares = {"hidden_share": 0.5, "moved_share": 0.75}
    assert drawn(ota_pool, 20, **shares) == drawn(ota_pool, 20, **shares) != drawn(ota_pool, 20, 5, **shares)
    assert drawn(ota_pool, 19, **shares) == drawn(ota_pool, 20, **shares)


def test_queries_of_a_pair_differ_in_their_targets_alone(ota_pool):
    tasks = drawn(ota_pool, 40, hidden_share=0.5, moved_share=0.5)
    for first, second in zip(tasks[::PAIR], tasks[1::PAIR], strict=True):
        assert first.specs != second.specs and first.seed != second.seed
        assert replace(first, specs=second.specs, seed=second.seed) == second


def test_a_recipe_is_a_third_of_the_queries(ota_pool):
    """HALF keeps defaults; the others stay as far from the witness as their slack says, which cannot be told here."""
    tasks = drawn(ota_pool, 60)
    kept = [np.mean([spec in task.circuit.specs for spec in task.specs if spec.kind != "range"]) for task in tasks]
    assert len(RECIPES) == 3
    assert np.mean(kept[2::3]) > 3 * max(np.mean(kept[0::3]), np.mean(kept[1::3]))


def test_told_conditions_are_wrong_in_all_four_for_a_share(ota_pool):
    told = [task.stated for task in drawn(ota_pool, 120, hidden_share=0.5)]
    assert 30 < sum(each is not None for each in told) < 90
    for task in drawn(ota_pool, 60, hidden_share=1.0):
        assert all(getattr(task.stated, name) != getattr(task.conditions, name)
                   for name in ("corner", "temperature", "supply", "load"))


def test_ranges_are_drawn_anew_and_hold_a_witness(ota_pool, tmp_path):
    circuit, tasks = ota_pool.circuit, drawn(ota_pool, 80, moved_share=0.5)
    moved = [task for task in tasks if task.circuit != circuit]
    assert 20 < len(moved) < 60
    for task in moved:
        rows = ota_pool.rows(ota_pool.index_of(task.conditions))
        met = rows[margins(circuit, task.specs, ota_pool.metrics[rows]).min(axis=1) >= 0]
        designs = [ota_pool.grid.design(row) for row in ota_pool.design[met]]
        assert any(all(item.contains(design[item.name]) for item in task.circuit.parameters) for design in designs)
        assert all(item.contains(task.initial[item.name]) for item in task.circuit.parameters)
    save_queries(tmp_path / "q.jsonl.gz", tasks)
    assert load_queries(tmp_path / "q.jsonl.gz", {"OTA": circuit}) == tasks


@pytest.fixture(scope="module")
def teacher(pool) -> Teacher:
    return Teacher(pool, fit_surrogate(pool, networks=1, steps=1000))


def test_a_killed_run_leaves_no_part_of_a_file(ota_pool, tmp_path, monkeypatch):
    def cut(path, **arrays):
        Path(path).write_bytes(b"half of it")
        raise KeyboardInterrupt

    def killed(count):
        yield from Synthesis(ota_pool).draw(np.random.default_rng(0), count)
        raise KeyboardInterrupt

    queries, networks = tmp_path / "OTA.jsonl.gz", tmp_path / "OTA.npz"
    with pytest.raises(KeyboardInterrupt):
        save_queries(queries, killed(2))
    monkeypatch.setattr(np, "savez_compressed", cut)
    with pytest.raises(KeyboardInterrupt):
        save_networks(networks, [])
    assert not queries.exists() and not networks.exists()


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
    tasks = Synthesis(pool).draw(rng, 16)
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


@pytest.mark.parametrize("name", CIRCUITS.split(","))
def test_a_design_that_is_imagined_has_every_metric(name):
    """Also where some stored designs have none (the share of right decisions of a comparator that never decided)."""
    circuit = load_circuit(name)
    pool = load_pool(circuit, pool_path(circuit))
    teacher = Teacher(pool, load_surrogate(surrogate_path(Path("models"), circuit), circuit))
    rows = teacher.metrics(np.random.default_rng(0).normal(0.0, 0.1, (50, len(circuit.specs))))
    assert np.isfinite(rows[:, teacher.surrogate.columns]).all()
    for column, values in teacher.discrete.items():
        assert set(rows[:, column]) <= set(values) and np.isin(values, pool.metrics[:, column]).all()


def reply_of(lesson, circuit):
    """What a lesson answers, read in the circuit's names."""
    return parse_reply(wording(circuit, LATEST).in_names(lesson["reply"].removesuffix("<|end|>")), circuit)


def answered(trajectory):
    """The lessons without those on another plan."""
    return [lesson for lesson in lessons(trajectory) if lesson["reply"].startswith("<Analyze>")]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_plan_of_a_circuit_of_few_parameters_names_as_many(count, teacher, pool, monkeypatch):
    """Whichever way it is drawn, and as long as it is."""
    session = _Session(drawn(pool, 1)[0], 0, teacher, np.random.default_rng(7))
    design = pool.grid.design(pool.design[1])
    few = replace(pool.circuit, parameters=pool.circuit.parameters[:count])
    session._pool = SimpleNamespace(grid=DesignGrid(few))
    monkeypatch.setattr(session, "_heights", lambda unit: np.zeros((1, len(few.specs))))
    others = [session._other(Answer(design, None)) for _ in range(40)]
    assert {len(other.named) for other in others} == {count}


def test_lessons_parse_and_hold_what_they_say(teacher, pool, circuit, tmp_path):
    rng, sizes = np.random.default_rng(6), []
    tasks = Synthesis(pool, hidden_share=0.3).draw(rng, 40)
    trajectories = imagine(tasks, teacher, rng)
    for trajectory in trajectories:
        start, *_ = trajectory.history
        rows = pool.rows(pool.index_of(trajectory.task.conditions))
        row = rows[pool.design[rows].tolist().index(pool.grid.index(start.proposal.parameters).tolist())]
        assert metric_row(circuit, start.measurement) == pytest.approx(pool.metrics[row])
        for size, lesson in enumerate(answered(trajectory), start=1):
            history, proposal = trajectory.history[:size], reply_of(lesson, circuit)
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


def test_another_plan_has_another_action_which_makes_its_moves(teacher, pool, circuit):
    rng, counts = np.random.default_rng(8), []
    for trajectory in imagine(Synthesis(pool, hidden_share=0.3).draw(rng, 60), teacher, rng):
        found = list(lessons(trajectory))
        contrasts = [(place, lesson) for place, lesson in enumerate(found) if lesson["prompt"].endswith("</Analyze>")]
        for place, lesson in contrasts:
            own = found[place - 1]
            plan = lesson["prompt"].removeprefix(own["prompt"])
            assert plan.startswith("<Analyze>") and lesson["reply"].startswith("<tool_call>")
            proposal = reply_of({"reply": plan + lesson["reply"]}, circuit)
            assert not proposal.problems and proposal.reasoning != reply_of(own, circuit).reasoning
            history = trajectory.history[:1 + sum(each["reply"].startswith("<Analyze>") for each in found[:place - 1])]
            turn = Turn(len(history), proposal, None, None)
            said = [claim for claim in claims(trajectory.task, history, turn) if claim.about == "move"]
            assert said and all(claim.true for claim in said)
        counts.append((len(contrasts), len(trajectory.answers)))
    assert 0.3 < sum(count for count, _ in counts) / sum(answers for _, answers in counts) < 0.5


def test_other_ranges_change_where_a_design_lies_and_not_what_it_is(teacher, pool):
    """Sessions of a pair begin at the same design and are told in the same ranges, which hold all their designs."""
    rng = np.random.default_rng(3)
    trajectories = imagine(Synthesis(pool).draw(rng, 8), teacher, rng)
    moved = list(in_pairs_moved(trajectories, 1.0, rng))
    for place, (before, after) in enumerate(zip(trajectories, moved, strict=True)):
        circuit = after.task.circuit
        assert circuit.parameters != pool.circuit.parameters
        assert circuit == moved[place ^ 1].task.circuit and after.task.initial == moved[place ^ 1].task.initial
        assert all(item.contains(design[item.name]) for design in after.designs for item in circuit.parameters)
        for lesson, answer in zip(answered(after), before.answers, strict=False):
            proposal = reply_of(lesson, circuit)
            assert proposal.finished or proposal.parameters == pytest.approx(answer.parameters)
    assert all(each.task.circuit == pool.circuit for each in in_pairs_moved(trajectories, 0.0, rng))


def test_ranges_lie_anywhere_around_what_they_hold(pool):
    """The place of a design in its range says nothing of its size."""
    rng, circuit = np.random.default_rng(2), pool.circuit
    design = pool.grid.design(pool.design[0])
    places = np.array([[item.to_unit(design[item.name]) for item in in_other_ranges(circuit, [design], rng).parameters
                        if item.scale == "log"] for _ in range(100)])
    assert places.min() > 0 and places.max() < 1 and places.std(axis=0).mean() > 0.2
    ends = [{item.name: end for item, end in zip(circuit.parameters, column, strict=True)}
            for column in zip(*((item.low, item.high) for item in circuit.parameters), strict=True)]
    for _ in range(100):
        own = in_other_ranges(circuit, ends, rng).parameters
        assert all(item.contains(end[item.name]) for item in own for end in ends)


def test_a_fit_that_fails_leaves_the_threads_as_they_were():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(ValueError):
            fit(np.ones((40, 2)), np.ones((40, 1)), np.ones((40, 1)), 0, 0, "linear")  # no steps
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_baselines_know_what_the_pool_knows(teacher, pool, circuit, simulator, tmp_path):
    rng = np.random.default_rng(7)
    here = settled(tmp_path, circuit)
    save_pool(pool, pool_path(here))
    task = replace(Synthesis(pool).draw(rng, 1)[0], circuit=here)
    build_mlp(circuit, pool, tmp_path / "mlp" / "OTA.npz", rng, count=120, report=lambda text: None)
    history = (initial_turn(task, simulator),)
    save_surrogate(teacher.surrogate, surrogate_path(tmp_path, circuit))
    for policy in (Lookup(), TeacherPolicy(tmp_path), Regressor(tmp_path)):
        *_, proposal = policy.propose(task, history, None)
        assert score(simulator.evaluate(circuit, proposal.parameters, task.conditions), task.specs).reward > 0.5
