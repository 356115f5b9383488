"""Baseline policies on the toy circuit: in range, repeatable, fed by the history, ending once all specs are met."""

import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Spec
from sizing_app.circuit.folder import TEST, golden, load_circuit, settle
from sizing_app.evaluate.suites import load_queries
from sizing_app.policy import POLICIES, PolicyError, PolicySettings, can_size, make_policy
from sizing_app.policy.bayesian import BayesianSearch, Surrogate
from sizing_app.policy.constants import Golden, Middle
from sizing_app.policy.designs import from_unit, initial_design, to_unit
from sizing_app.policy.random_search import RandomSearch
from sizing_app.policy.regressor import Regressor, features, predict
from sizing_app.policy.stored import Centre, Lookup
from sizing_app.pools.designs import Pool, PoolError, load_pool, pool_path, save_pool
from sizing_app.pools.targets import DesignGrid, metric_row
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.session.turn import initial_turn
from tests.builders import GOOD, POOR, QuadraticSimulator, a_circuit, a_circuit_without_words, a_task, settled

NEVER = threading.Event()


def propose(policy, task, history):
    *deltas, proposal = policy.propose(task, history, NEVER)
    return proposal


def run(policy, task):
    return fold(run_session(task, policy, QuadraticSimulator(), NEVER))


@pytest.mark.parametrize("policy", [RandomSearch(), BayesianSearch()], ids=lambda policy: policy.name)
def test_searches_are_repeatable_in_range_and_differ_by_turn(policy):
    task = a_task(seed=3)
    history = (initial_turn(task, QuadraticSimulator()),)
    first = propose(policy, task, history)
    assert first == propose(policy, task, history)
    assert all(parameter.contains(first.parameters[parameter.name]) for parameter in task.circuit.parameters)
    followed = (*history, replace(initial_turn(replace(task, initial=POOR), QuadraticSimulator()), index=1))
    assert first.parameters != propose(policy, task, followed).parameters
    assert first.text == f"<Analyze>{first.reasoning}</Analyze>"


@pytest.mark.parametrize("policy", [RandomSearch(), BayesianSearch()], ids=lambda policy: policy.name)
def test_searches_end_once_all_specs_are_met(policy):
    task = replace(a_task(), initial=GOOD)
    state = run(policy, task)
    assert (state.status, len(state.history)) == ("passed", 2)
    assert state.history[1].proposal.finished


def test_bayesian_optimization_goes_where_the_reward_is_highest():
    surrogate = Surrogate(1)
    for x in np.linspace(0, 1, 7):
        surrogate.register(np.array([x]), 1 - 4 * (x - 0.62) ** 2)
    point, mean, deviation = surrogate.suggest(seed=1)
    assert point == pytest.approx([0.62], abs=0.05)
    assert mean == pytest.approx(1.0, abs=0.02)
    assert deviation < 0.05


def test_bayesian_optimization_starts_with_random_designs_and_then_reads_the_rewards():
    task = replace(a_task(budget=4), specs=(Spec("gain", low=100.0, scale=200.0),))
    reasons = [turn.proposal.reasoning for turn in run(BayesianSearch(), task).history[1:]]
    assert ["random" in reason for reason in reasons] == [True, True, False, False]
    assert "fitted to the history (designs: 4, best reward 0." in reasons[3]


@given(st.integers(0, 2**63))
def test_initial_design_lies_on_the_grid(seed):
    circuit = a_circuit()
    design = initial_design(circuit, seed)
    assert all(design[parameter.name] in parameter.grid() for parameter in circuit.parameters)
    assert from_unit(circuit, to_unit(circuit, design)) == pytest.approx(design)


@pytest.fixture
def stored(tmp_path):
    """The toy circuit with a pool of 40 random designs at each of two conditions, the first and the last ones."""
    circuit, simulator = settled(tmp_path), QuadraticSimulator()
    grid = DesignGrid(circuit)
    designs = grid.random(np.random.default_rng(1), 40)
    metrics = np.array([metric_row(circuit, simulator.evaluate(circuit, grid.design(row), circuit.conditions.nominal))
                        for row in designs])
    metrics[7] = np.nan
    last = len(circuit.conditions.all()) - 1
    save_pool(Pool(circuit, np.repeat([0, last], 40).astype(np.uint8), np.tile(designs, (2, 1)),
                   np.concatenate([metrics, metrics * 0.9]).astype(np.float32)), pool_path(circuit))
    return circuit


def test_lookup_proposes_the_best_stored_designs_in_turn(stored):
    task = replace(a_task(stored, budget=40), specs=(Spec("gain", low=1000.0, scale=2000.0), Spec("power", high=2e-6)))
    state = run(Lookup(), task)
    rewards = state.rewards[1:]
    assert len(rewards) == 40 and np.mean(rewards[:10]) > np.mean(rewards[-10:])
    assert run(Lookup(), replace(task, budget=41)).history[-1].proposal.finished


def test_lookup_takes_the_nearest_stored_conditions(stored):
    pool = load_pool(stored, pool_path(stored))
    gains = [float(np.nanmax(pool.metrics[pool.rows(place), 0])) for place in pool.places]
    near = Conditions("tt", 20.0, 3.25, 1.9e-12), Conditions("ss", 120.0, 3.0, 1e-12)
    for conditions, gain in zip(near, gains, strict=True):
        task = replace(a_task(stored), conditions=conditions, specs=(Spec("gain", gain - 0.01, scale=1.0),))
        proposal = propose(Lookup(), task, (initial_turn(task, QuadraticSimulator()),))
        assert "reward when stored was 1.00" in proposal.reasoning


def test_a_pool_of_former_ranges_or_conditions_is_refused(stored):
    """Its indices would be read as other sizes, and as other conditions."""
    first, second = stored.parameters
    path, space = pool_path(stored), stored.conditions
    assert len(load_pool(stored, path)) == 80
    for changed in (replace(stored, parameters=(replace(first, low=10 * first.low, high=10 * first.high), second)),
                    replace(stored, conditions=replace(space, temperatures=(7.0, 105.0)))):
        with pytest.raises(PoolError, match="made for other parameter ranges or conditions"):
            load_pool(changed, path)


def test_a_pool_of_another_circuit_is_named(stored, tmp_path):
    fewer = replace(stored, parameters=stored.parameters[:1])
    settle(fewer, tmp_path)
    for circuit, message in ((settled(tmp_path / "none"), "pool.npz is missing"),
                             (fewer, "pool.npz was made for other parameters")):
        task = replace(a_task(circuit), initial={"w": 9e-5, "m": 10.0})
        with pytest.raises(PolicyError, match=message):
            propose(Lookup(), task, (initial_turn(task, QuadraticSimulator()),))


def test_constants_are_one_simulation_of_the_same_design_whatever_the_targets(stored):
    ota = load_circuit("OTA")
    for policy, circuit in ((Middle(), ota), (Golden(), ota), (Centre(), stored)):
        task = replace(a_task(budget=3), circuit=circuit, initial=initial_design(circuit, 1))
        history = (replace(initial_turn(a_task(), QuadraticSimulator()), index=0),)
        harder = replace(task, specs=tuple(replace(spec, scale=1.0) for spec in task.specs[:1]))
        first, same = (propose(policy, told, history) for told in (task, harder))
        assert first.parameters == same.parameters and not first.finished
        assert all(parameter.contains(first.parameters[parameter.name]) for parameter in circuit.parameters)
        assert propose(policy, task, (*history, *history)).finished
    assert to_unit(ota, propose(Middle(), a_task(ota), history).parameters) == pytest.approx(0.5, abs=0.02)
    assert propose(Golden(), a_task(ota), history).parameters == golden(ota)["parameters"]
    with pytest.raises(PolicyError, match="golden.json: expected a readable JSON file"):
        propose(Golden(), a_task(), history)
    moved = load_queries(load_circuit("OPAMP1"), "moved", TEST)[0].task(load_circuit("OPAMP1"), 3)
    held = propose(Golden(), moved, history).parameters
    assert held != golden(moved.circuit)["parameters"]
    assert all(parameter.contains(held[parameter.name]) for parameter in moved.circuit.parameters)
    assert [can_size(name, a_circuit()) for name in ("middle", "golden", "centre")] == [True, False, False]


def a_network(seed: int, inputs: int = 7) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"w0": rng.normal(size=(inputs, 5)), "b0": rng.normal(size=5), "w1": rng.normal(size=(5, 2)),
            "b1": rng.normal(size=2)}


def save_networks(path, networks):
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **{f"{name[0]}{place}_{name[1]}": array for place, network in enumerate(networks)
                      for name, array in network.items()})


def test_regressor_runs_one_network_a_turn_and_then_ends(tmp_path):
    networks = [a_network(seed) for seed in range(3)]
    save_networks(tmp_path / "mlp" / "TOY.npz", networks)
    task = replace(a_task(), specs=(Spec("gain", low=1000.0, scale=20.0),))
    state = run(Regressor(tmp_path), task)
    assert (state.status, len(state.history)) == ("ended", 5)
    for network, turn in zip(networks, state.history[1:4], strict=True):
        hidden = np.tanh(features(task) @ network["w0"] + network["b0"])
        unit = 1 / (1 + np.exp(-(hidden @ network["w1"] + network["b1"])))
        assert turn.proposal.parameters == pytest.approx(from_unit(task.circuit, unit))


def test_regressor_refuses_networks_that_do_not_fit(tmp_path):
    save_networks(tmp_path / "mlp" / "TOY.npz", [a_network(0), a_network(1, inputs=6)])
    with pytest.raises(PolicyError, match="network 1 does not map 7 features to 2 numbers, as TOY needs"):
        propose(Regressor(tmp_path), a_task(), (initial_turn(a_task(), QuadraticSimulator()),))


def test_features_are_zero_offsets_at_the_defaults_and_name_the_corner():
    task = a_task()
    assert features(task).tolist() == [1, 0, 0, 0, 0, 0, 0]
    harder = replace(task, specs=(Spec("gain", low=60.0, scale=20.0), Spec("power", high=1e-6)),
                     conditions=Conditions("ss", 125.0, 3.0, 1e-12))
    assert features(harder) == pytest.approx([0, 1, 1, np.log(3.0 / 3.3), np.log(0.5), 0.5, np.log(0.5)])


@given(st.lists(st.floats(-1e6, 1e6), min_size=7, max_size=7))
def test_predictions_stay_in_the_unit_cube(inputs):
    network = a_network(5)
    unit = predict([(network["w0"], network["b0"]), (network["w1"], network["b1"])], np.array(inputs))
    assert ((unit >= 0) & (unit <= 1)).all()


def test_registry_knows_its_names_and_says_what_is_missing(tmp_path):
    settings = PolicySettings(models=tmp_path)
    assert [make_policy(name).name for name in ("random", "bayes")] == ["random", "bayes"]
    with pytest.raises(PolicyError, match=re.escape(", ".join(POLICIES))):
        make_policy("greedy", settings)
    with pytest.raises(PolicyError, match="no tl-grpo checkpoint.*model.safetensors.*make train"):
        make_policy("tl-grpo", settings)
    with pytest.raises(PolicyError, match="--base-url URL --model NAME"):
        make_policy("chat", settings)
    with pytest.raises(PolicyError, match="TOY.npz is missing"):
        propose(make_policy("mlp", settings), a_task(), (initial_turn(a_task(), QuadraticSimulator()),))


def test_a_checkpoint_sizes_what_it_has_words_for():
    """No server is asked: the address would refuse the connection."""
    ota, toy = load_circuit("OTA"), a_circuit()
    assert can_size("bayes", toy) and can_size("teacher", ota) and can_size("tl-grpo", ota)
    assert can_size("tl-grpo", toy), "it reads parameters and metrics by their roles"
    odd = a_circuit_without_words()
    assert not can_size("tl-grpo", odd) and not can_size("mlp", toy)
    policy = make_policy("tl-grpo", PolicySettings(base_url="http://127.0.0.1:9/v1"))
    with pytest.raises(PolicyError, match="tl-grpo has no words for far.* of TOY: choose another policy"):
        list(policy.propose(a_task(odd), (), threading.Event()))
    below = replace(a_task(toy), specs=(toy.specs[0], Spec("power", high=-1e-6)))
    with pytest.raises(PolicyError, match=r"no words for power <= -1 .W \(a bound that is not above 0\) of TOY"):
        list(policy.propose(below, (), threading.Event()))


def test_a_checkpoint_is_sampled_at_the_temperature_of_its_card(tmp_path):
    def temperature(card: str, **given) -> float:
        (tmp_path / "tl-grpo").mkdir(exist_ok=True)
        for name, text in (("model.safetensors", ""), ("tokenizer.json", "{}"), ("card.toml", card)):
            (tmp_path / "tl-grpo" / name).write_text(text)
        settings = PolicySettings(base_url="http://127.0.0.1:9/v1", models=tmp_path)
        return make_policy("tl-grpo", settings, **given).temperature

    with pytest.raises(PolicyError, match="trained with the prompt 'later', which this version does not write"):
        temperature('prompt = "later"')
    assert temperature('prompt = "compact-2"') == 0.5
    assert temperature("temperature = 0.8") == 0.8 and temperature("temperature = 0.8", temperature=0.1) == 0.1
    assert temperature("") == 0.5
