"""The algebra of training: packing, sampling, rewards, advantages, the update. Tiny models, the real parser."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.prompt.claims import claims
from sizing_app.prompt.compact import END, write_reply
from sizing_app.prompt.tokenizer import token_values
from sizing_app.session.turn import initial_turn
from sizing_app.task.reward import reached
from sizing_app.task.turn import Proposal, Turn
from sizing_app.train.advantage import clipped_objective, format_errors, group_advantages, training_reward
from sizing_app.train import gradient, sft
from sizing_app.train.algorithms import ALGORITHMS, gtpo, single_turn_grpo, trajectory_grpo
from sizing_app.train.config import PRESETS, RLConfig
from sizing_app.train.data import batch_of
from sizing_app.train.export import SIZE_LIMIT
from sizing_app.train.model import build_model, take_weights
from sizing_app.train.optim import apply_gradients, make_optimizers, orthogonalize
from sizing_app.train.rollout import Rollouts, outcome, play
from sizing_app.train.run_folder import generator
from sizing_app.train.sampler import Sampler
from sizing_app.train.sft import sft_step
from sizing_app.train.step import Step, tl_grpo, update
from sizing_app.train.tree import collate, micro_batches, pack, reply_logprobs
from tests.builders import GOOD, POOR, CountingSimulator, QuadraticSimulator, a_task, turn_of
from tests.training import SIZE, ScriptedSampler, a_model, a_tokenizer, dialogue, rollouts_of

CPU = torch.device("cpu")
CONFIG = RLConfig(queries=3, group=4, steps=2, reply_tokens=12, validation=2, validate_every=1)
TOKENS = st.lists(st.integers(6, 200), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def tokenizer():
    return a_tokenizer()


@pytest.fixture(scope="module")
def model(tokenizer):
    return a_model(tokenizer)


def plain_logprobs(model, prompt, reply) -> torch.Tensor:
    """Log-probabilities of a reply by the library alone, one sequence, no packing and no cache."""
    ids = torch.tensor([[*prompt, *reply]])
    logits = model(ids).logits[0, len(prompt) - 1:-1]
    return logits.log_softmax(-1).gather(1, ids[0, len(prompt):, None])[:, 0]


@settings(max_examples=15)
@given(trunk=TOKENS, branches=st.lists(st.tuples(st.integers(0, 20), TOKENS, TOKENS), min_size=1, max_size=4))
def test_packed_pairs_have_their_own_log_probabilities(model, trunk, branches):
    pairs = [([*trunk[:shared], *rest], reply) for shared, rest, reply in branches]
    rows = [pack(pairs), pack(pairs[:1])]
    with torch.no_grad():
        packed, entropy = reply_logprobs(model, collate(rows, CPU))
        wanted = torch.cat([plain_logprobs(model, *pair) for pair in [*pairs, pairs[0]]])
    assert torch.allclose(packed, wanted, atol=1e-4)
    assert entropy.shape == packed.shape and bool((entropy >= 0).all())


def test_sampler_and_trainer_agree(model):
    """Different history lengths in one batch, so that prompts are padded."""
    prompts = [list(range(10, 10 + size)) for size in (3, 31, 17)]
    groups = Sampler(model, end_token=5, reply_tokens=20).sample(prompts, 4, generator(CPU, 0))
    rows = [pack([(prompt, sample.tokens) for sample in group]) for prompt, group in zip(prompts, groups, strict=True)]
    with torch.no_grad():
        trained, _ = reply_logprobs(model, collate(rows, CPU))
    sampled = [chance for group in groups for sample in group for chance in sample.logprobs]
    assert torch.allclose(trained, torch.tensor(sampled), atol=1e-4)


def test_sampler_draws_from_the_distribution_and_stops_at_the_end(model):
    prompt = [10, 11, 12]
    with torch.no_grad():
        wanted = model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1).exp()
    end = int(wanted.argmax())
    group = Sampler(model, end, reply_tokens=3).sample([prompt], 2000, generator(CPU, 1))[0]
    counts = torch.bincount(torch.tensor([sample.tokens[0] for sample in group]), minlength=len(wanted))
    likely = wanted > 0.02
    assert torch.allclose((counts / 2000)[likely], wanted[likely], atol=0.05)
    for sample in group:
        assert end not in sample.tokens[:-1] and (sample.tokens[-1] == end or len(sample.tokens) == 3)


def test_sampling_depends_on_the_generator_alone(model):
    sampler = Sampler(model, end_token=5, reply_tokens=8)
    first, again, other = (sampler.sample([[10, 11]], 5, generator(CPU, key)) for key in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("preset, millions", [("tiny", 2), ("tiny-5m", 5), ("tiny-10m", 10)])
def test_the_presets_to_compare_sizes_differ_in_the_network_alone(tokenizer, preset, millions):
    parameters = build_model(PRESETS[preset].size, tokenizer, 0).num_parameters()
    assert round(parameters / 1e6) == millions and 2 * parameters < SIZE_LIMIT, "float16, and it can be exported"
    assert replace(PRESETS[preset], size=PRESETS["tiny"].size) == PRESETS["tiny"]


def test_value_embeddings_start_smooth(tokenizer):
    table = build_model(SIZE, tokenizer, 0).get_input_embeddings().weight.detach()
    values = sorted((value, index) for index, (kind, value) in token_values(tokenizer).items() if kind == "number")
    rows = torch.nn.functional.normalize(table[[index for _, index in values]], dim=1)
    near, far = (rows[:-1] * rows[1:]).sum(1).mean(), (rows[:-60] * rows[60:]).sum(1).mean()
    assert near > 0.8 and near > far + 0.2


def test_other_words_keep_what_stands_between_them_and_what_they_share(tokenizer):
    words = a_tokenizer(merges=20)
    learnt, fresh = a_model(words, 1), build_model(SIZE, tokenizer, 0)
    before = fresh.get_input_embeddings().weight.detach().clone()
    take_weights(fresh, tokenizer, learnt, words)
    mine, known = tokenizer.get_vocab(), words.get_vocab()
    assert known.keys() & mine.keys() and mine.keys() - known.keys()
    for token, row in mine.items():
        expected = learnt.get_input_embeddings().weight[known[token]] if token in known else before[row]
        assert torch.equal(fresh.get_input_embeddings().weight[row], expected), token
    assert torch.equal(fresh.model.layers[0].mlp.up_proj.weight, learnt.model.layers[0].mlp.up_proj.weight)
    with pytest.raises(ValueError, match="has the shape"):
        take_weights(build_model(replace(SIZE, hidden=64), tokenizer, 0), tokenizer, learnt, words)


def test_muon_directions_are_orthogonal():
    torch.manual_seed(0)
    for update_ in orthogonalize(torch.randn(3, 40, 24)):
        assert torch.linalg.svdvals(update_).sub(1).abs().max() < 0.4


def test_muon_gets_the_matrices_of_the_layers_alone(tokenizer):
    tied = a_model(tokenizer)
    untied = type(tied)(type(tied.config)(**{**tied.config.to_dict(), "tie_word_embeddings": False}))
    for model in (tied, untied):
        muon, adamw = ({id(p) for p in optimizer.param_groups[0]["params"]} for optimizer in make_optimizers(model, 1))
        layers = {id(p) for p in model.model.layers.parameters() if p.ndim == 2}
        assert muon == layers and id(model.lm_head.weight) in adamw
        assert len(muon | adamw) == len(list(model.parameters()))


@given(rewards=st.lists(st.floats(-1, 2), min_size=2, max_size=16))
def test_advantages_have_no_mean(rewards):
    advantages = group_advantages(rewards)
    assert abs(advantages.mean()) < 1e-6 and np.isfinite(advantages).all()
    assert not advantages.any() or abs(advantages.std() - 1) < 1e-6


def test_advantages_without_the_deviation_keep_the_distance():
    near, far = [0.90, 0.91, 0.92], [0.0, 0.5, 1.0]
    assert group_advantages(near, divide_by="none") == pytest.approx([-0.01, 0, 0.01])
    assert group_advantages(far, divide_by="none") == pytest.approx([-0.5, 0, 0.5])
    assert group_advantages(near, divide_by="floor") == pytest.approx([-0.5, 0, 0.5])
    assert group_advantages(far, divide_by="floor") == pytest.approx(group_advantages(far))
    assert group_advantages(near, divide_by="mean") == pytest.approx(np.array([-0.01, 0, 0.01]) / 0.91)
    assert group_advantages([-0.2, 0.2], divide_by="mean") == pytest.approx([-10, 10])
    assert not group_advantages(near, 0.02, "none").any()


@given(reward=st.floats(-1, 2), count=st.integers(1, 16))
def test_equal_rewards_have_no_advantage(reward, count):
    assert not group_advantages([reward] * count).any()


def test_the_clip_takes_the_gradient_beyond_its_bounds():
    new = torch.log(torch.tensor([1.27, 1.29, 0.81, 0.79, 1.29, 0.79])).requires_grad_()
    advantages = torch.tensor([1.0, 1.0, -1.0, -1.0, -1.0, 1.0])
    objective, clipped = clipped_objective(new, torch.zeros(6), advantages, CONFIG)
    objective.sum().backward()
    assert clipped.tolist() == [False, True, False, True, False, False]
    assert (new.grad == 0).tolist() == clipped.tolist()


def script(task):
    """Poor design, good one, end; but number 1 of a group writes nonsense and number 2 ends at once."""
    def write(prompt: str, number: int) -> str:
        turn = prompt.count("<|turn|>")
        if number == 1:
            return "nonsense" + END
        parameters = None if number == 2 or turn > 2 else POOR if turn == 1 else GOOD
        return write_reply(task.circuit, "w is too wide", parameters)
    return write


def test_a_query_costs_turns_times_group_rollouts(tokenizer):
    task = a_task()
    rollouts = Rollouts(ScriptedSampler(tokenizer, script(task)), dialogue(tokenizer), QuadraticSimulator())
    groups, trajectories = play([task, task], rollouts, 4, generator(CPU, 0))
    assert [len(history) - 1 for history in trajectories] == [3, 3]
    assert rollouts.count == sum(len(group.turns) for played in groups for group in played) == 2 * 3 * 4
    assert all(trajectory[:len(group.history)] == group.history
               for trajectory, played in zip(trajectories, groups, strict=True) for group in played)
    assert reached(trajectories[0]) and trajectories[0][-1].proposal.finished


def test_a_trajectory_without_success_spends_its_budget(tokenizer, model):
    rollouts = rollouts_of(model, tokenizer)
    groups, trajectories = play([a_task(budget=3)] * 2, rollouts, 5, generator(CPU, 0))
    assert rollouts.count == 2 * 3 * 5 and [history[-1].index for history in trajectories] == [3, 3]
    assert {turn.measurement.status for played in groups for group in played for turn in group.turns} == {"no_call"}


def test_an_outcome_counts_what_was_simulated():
    task, simulator = a_task(), QuadraticSimulator()
    history = (initial_turn(task, simulator),)
    for parameters in (None, POOR, GOOD):
        history = (*history, turn_of(task, history, Proposal(parameters), simulator))
    assert outcome([history]) == {"best": 1.0, "passed": 1.0, "simulations": 2.0}


def test_collect_credits_each_turn_in_its_group(tokenizer):
    task = a_task()
    rollouts = Rollouts(ScriptedSampler(tokenizer, script(task)), dialogue(tokenizer), QuadraticSimulator())
    collected = tl_grpo([task], rollouts, CONFIG, generator(CPU, 0))
    first, second, last = ([step.advantages[-1] for step in row] for row in collected.rows)
    assert first[1] < 0 and first[2] < 0 < first[0]
    assert second[0] > 0 > second[2]
    assert last[0] == last[2] > 0 > last[1]
    for row in collected.rows:
        assert abs(sum(step.advantages[-1] for step in row)) < 1e-9
        assert {step.prompt for step in row} == {row[0].prompt}
        assert all(len(step.advantages) == len(step.tokens) == len(step.logprobs) for step in row)


NEAR, FAR = {"w": 36e-6, "m": 5.0}, {"w": 39e-6, "m": 5.0}
"""Designs that miss the gain, the second by more."""


def never_good(task):
    """Designs that differ within a group and meet nothing, so that no trajectory ends early."""
    return lambda prompt, number: write_reply(task.circuit, "w is too wide", NEAR if number == 0 else FAR)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_costs_turns_times_group_rollouts(tokenizer, name):
    tasks = [a_task(budget=3, seed=1), a_task(budget=3, seed=2)]
    rollouts = Rollouts(ScriptedSampler(tokenizer, never_good(tasks[0])), dialogue(tokenizer), QuadraticSimulator())
    collected = ALGORITHMS[name](tasks, rollouts, CONFIG, generator(CPU, 0))
    assert rollouts.count == len(collected.turns) == 2 * 3 * CONFIG.group
    assert len(collected.rewards) == len(collected.truths) == len(collected.flawed) == len(collected.turns)
    sums: dict[int, float] = {}
    for block, row in zip(collected.blocks, collected.rows, strict=True):
        sums[block] = sums.get(block, 0.0) + sum(step.advantages[-1] for step in row)
    assert list(sums.values()) == pytest.approx([0.0] * len(sums), abs=1e-6)  # what is compared is in one gradient step


def test_the_start_of_a_query_is_simulated_once(tokenizer):
    simulator, tasks = CountingSimulator(), [a_task(seed=1), a_task(seed=2)]
    rollouts = Rollouts(ScriptedSampler(tokenizer, never_good(tasks[0])), dialogue(tokenizer), simulator)
    started = rollouts.start([task for task in tasks for _ in range(3)])
    assert simulator.count == 2 and [task.seed for task, _ in started] == [1] * 3 + [2] * 3
    assert all(len(history) == 1 and history[0].measurement.ok for _, history in started)


def test_the_rows_of_a_block_are_in_one_gradient_step(tokenizer, monkeypatch):
    """Four rows of two queries, two gradient steps: each sees both rows of one query."""
    model, seen = a_model(tokenizer), []
    rows = [[Step((10, 11), (number, 5), (-1.0, -1.0), (0.5, 0.5))] for number in (40, 41, 42, 43)]
    monkeypatch.setattr("sizing_app.train.step.collate", lambda packed, device: seen.append(
        sorted(int(row.tokens[2]) for row in packed)) or collate(packed, device))
    update(model, make_optimizers(model, 0.0), rows, [0, 0, 1, 1], CONFIG, np.random.default_rng(0))
    assert sorted(seen) == [[40, 41], [42, 43]]


def swapped(task, first, second):
    """In each group of two trajectories: one tries ``first`` and then ``second``, the other the same design twice."""
    def write(prompt: str, number: int) -> str:
        turn = prompt.count("<|turn|>")
        return write_reply(task.circuit, "w is too wide", first if turn == 1 or number % 2 else second)
    return write


def test_trajectory_grpo_gives_all_turns_the_advantage_of_the_best(tokenizer):
    task, config = a_task(budget=2), replace(CONFIG, group=2, credit_truth=False)
    rollouts = Rollouts(ScriptedSampler(tokenizer, swapped(task, FAR, NEAR)), dialogue(tokenizer), QuadraticSimulator())
    rows = trajectory_grpo([task], rollouts, config, generator(CPU, 0)).rows
    assert [[set(step.advantages) for step in row] for row in rows] == [[{1.0}] * 2, [{-1.0}] * 2]


def test_gtpo_credits_a_turn_with_what_follows(tokenizer):
    task, config = a_task(budget=2), replace(CONFIG, group=2, credit_truth=False, discount=0.5)
    rollouts = Rollouts(ScriptedSampler(tokenizer, swapped(task, FAR, NEAR)), dialogue(tokenizer), QuadraticSimulator())
    collected = gtpo([task], rollouts, config, generator(CPU, 0))
    first, second = collected.rows
    assert [set(step.advantages) for step in first] == [{1.0}] * 2 and [set(step.advantages) for step in second] == [
        {-1.0}] * 2
    gap = collected.rewards[1] - collected.rewards[3]
    assert collected.spreads == pytest.approx([0.5 * gap / 2, gap / 2])


def test_gtpo_does_not_pay_for_stalling(tokenizer):
    """Success at the first turn is worth more than five turns of near misses, though it ends the session."""
    task, config = a_task(budget=5), replace(CONFIG, group=2, credit_truth=False)
    near = {"w": 34.3e-6, "m": 5.0}
    replies = [write_reply(task.circuit, "w is too wide", design) for design in (GOOD, near)]
    ended = [f"<Analyze>All specs are met.</Analyze><Design End>{END}"]
    script = iter([*replies, *ended, *replies[1:] * 4])
    sampler = ScriptedSampler(tokenizer, lambda prompt, number: next(script))
    collected = gtpo([task], Rollouts(sampler, dialogue(tokenizer), QuadraticSimulator()), config, generator(CPU, 0))
    met, stalled = collected.rewards[:2], collected.rewards[2:]
    assert len(stalled) == 5 and met == [1.1, 1.1] and sum(stalled) > sum(met)
    first, second = ([step.advantages[-1] for step in row] for row in collected.rows)
    assert first == [1.0, 1.0] and second == [-1.0, -1.0, 0.0, 0.0, 0.0]


def test_single_turn_grpo_shows_no_history(tokenizer):
    task = a_task(budget=3)
    rollouts = Rollouts(ScriptedSampler(tokenizer, never_good(task)), dialogue(tokenizer), QuadraticSimulator())
    rows = single_turn_grpo([task], rollouts, CONFIG, generator(CPU, 0)).rows
    turn = tokenizer.token_to_id("<|turn|>")
    assert [step.prompt.count(turn) for row in rows for step in row] == [1] * 12
    assert len({row[0].prompt for row in rows}) == 3


def test_without_memory_a_prompt_shows_the_latest_turn_as_the_start(tokenizer):
    task = a_task(budget=3)
    rollouts = Rollouts(ScriptedSampler(tokenizer, never_good(task)), dialogue(tokenizer), QuadraticSimulator(),
                        latest_only=True)
    groups, (trajectory,) = play([task], rollouts, 2, generator(CPU, 0))
    assert [group.history for group in groups[0]] == [trajectory[:1], trajectory[:2], trajectory[:3]]
    assert [len(group.shown) for group in groups[0]] == [1, 1, 1] and groups[0][2].shown[0].index == 0
    assert groups[0][2].shown[0].measurement == trajectory[2].measurement


def test_without_memory_words_about_the_start_are_read_of_the_turn_that_was_shown(tokenizer):
    """From 90 to 30 to 60: "raise" is right of the second step, though the first design was wider."""
    designs = iter([{"w": 30e-6, "m": 5.0}, POOR])
    said = iter(["I cut w.", "The start misses gain. I raise w."])
    task = a_task(budget=2)
    rollouts = Rollouts(ScriptedSampler(tokenizer, lambda prompt, number: write_reply(task.circuit, next(said),
                                                                                      next(designs))),
                        dialogue(tokenizer), QuadraticSimulator(), latest_only=True)
    groups, (trajectory,) = play([task], rollouts, 1, generator(CPU, 0))
    assert [turn.proposal.problems for turn in trajectory] == [(), (), ()]
    assert [claim.true for claim in claims(task, groups[0][1].shown, trajectory[2]) if claim.about == "move"] == [True]


def test_an_analysis_is_credited_with_its_truth_and_an_action_with_its_design(tokenizer):
    task = a_task()
    true, false = "I cut w.", "Turn 7 is worse."
    replies = [(true, GOOD), (false, GOOD), (true, POOR), (false, POOR)]
    rollouts = Rollouts(ScriptedSampler(tokenizer, lambda prompt, number: write_reply(task.circuit, *replies[number])),
                        dialogue(tokenizer), QuadraticSimulator())
    config = replace(CONFIG, group=4, truth_in_action=0.25)
    row = tl_grpo([task], rollouts, config, generator(CPU, 0)).rows[0]
    assert [step.advantages[0] for step in row] == pytest.approx([1, -1, 1, -1])
    assert [step.advantages[-1] for step in row] == pytest.approx([1.25, 0.75, -0.75, -1.25])
    close = tokenizer.token_to_id("</Analyze>")
    for step in row:
        size = step.tokens.index(close) + 1
        assert len(set(step.advantages[:size])) == len(set(step.advantages[size:])) == 1
    undivided = tl_grpo([task], rollouts, replace(config, divide_by="none"), generator(CPU, 0)).rows[0]
    spreads = {step.advantages[0] for step in undivided}
    assert all(abs(spread) < 1 for spread in spreads) and sum(spreads) == pytest.approx(0)
    plain = tl_grpo([task], rollouts, replace(config, credit_truth=False), generator(CPU, 0)).rows[0]
    assert all(len(set(step.advantages)) == 1 for step in plain)


def test_groups_without_spread_are_dropped(tokenizer):
    task = a_task()
    rollouts = Rollouts(ScriptedSampler(tokenizer, lambda prompt, number: "nonsense" + END), dialogue(tokenizer),
                        QuadraticSimulator())
    collected = tl_grpo([task], rollouts, CONFIG, generator(CPU, 0))
    assert len(collected.spreads) == task.budget and not collected.rows


def test_ending_is_worth_it_exactly_when_all_specs_were_met(tokenizer):
    task, simulator = a_task(), QuadraticSimulator()
    start = initial_turn(task, simulator)
    passed = Turn(1, Proposal(GOOD), *_measured(task, GOOD))
    end = Turn(2, Proposal(None, finished=True), None, None)
    again = Turn(2, Proposal(GOOD), *_measured(task, GOOD))
    early, late = (start,), (start, passed)
    assert training_reward(end, early, CONFIG) == -CONFIG.format_penalty
    assert training_reward(end, late, CONFIG) == training_reward(again, early, CONFIG) == 1 + CONFIG.all_specs_bonus
    assert training_reward(again, late, CONFIG) == pytest.approx(1 + CONFIG.all_specs_bonus - CONFIG.format_penalty)
    assert not format_errors(end, late) and format_errors(end, early) and format_errors(again, late)


def _measured(task, parameters):
    from sizing_app.task.reward import score
    measurement = QuadraticSimulator().evaluate(task.circuit, parameters, task.conditions)
    return measurement, score(measurement, task.specs)


PROMPTS, ARMS, END_TOKEN = ([10, 11, 12], [20, 21]), ((40, 5), (41, 5)), 5


def two_arms(model, key: int) -> tuple[list[list[Step]], float]:
    """Groups of replies to two prompts; the reward is 1 for the first arm. Returns rows and the mean reward."""
    groups = Sampler(model, END_TOKEN, reply_tokens=2).sample(PROMPTS, 16, generator(CPU, 7, key))
    rows, total = [], []
    for prompt, group in zip(PROMPTS, groups, strict=True):
        rewards = [float(sample.tokens == ARMS[0]) for sample in group]
        total += rewards
        rows.append([Step(tuple(prompt), sample.tokens, sample.logprobs, (advantage,) * len(sample.tokens))
                     for sample, advantage in zip(group, group_advantages(rewards), strict=True)])
    return rows, float(np.mean(total))


def test_twenty_steps_raise_the_reward_of_two_arms(tokenizer):
    model = a_model(tokenizer)
    teacher, optimizers = make_optimizers(model, 1e-2), make_optimizers(model, 3e-3)
    for _ in range(25):  # first the two arms are taught alike
        sft_step(model, [[(prompt, arm) for arm in ARMS] for prompt in PROMPTS])
        apply_gradients(model, teacher)
    rewards = []
    for step in range(20):
        rows, reward = two_arms(model, step)
        rewards.append(reward)
        update(model, optimizers, rows, range(len(rows)), CONFIG, np.random.default_rng(step))
    assert 0.2 < np.mean(rewards[:2]) < 0.7 and np.mean(rewards[-3:]) > 0.9


def test_products_that_are_quick_leave_the_gradient_of_supervised_training_as_it_is(tokenizer, monkeypatch):
    def trained() -> torch.Tensor:
        model = a_model(tokenizer)
        sft_step(model, [[(prompt, arm) for arm in ARMS] for prompt in PROMPTS])
        return torch.cat([weight.grad.flatten() for weight in model.parameters()])

    monkeypatch.setattr(sft, "quick_products", lambda device: torch.autocast("cpu", torch.bfloat16))
    quick = trained()
    monkeypatch.setattr(sft, "quick_products", lambda device: nullcontext())
    exact = trained()
    assert 0 < (quick - exact).norm() < 0.05 * exact.norm()


def test_a_gradient_is_the_same_on_any_number_of_cores(tokenizer, monkeypatch):
    batches = [(prompt, arm) for prompt in PROMPTS for arm in ARMS]

    def on(cores: int) -> torch.Tensor:
        model = a_model(tokenizer)

        def loss_of(batch) -> tuple[torch.Tensor, tuple]:
            return -reply_logprobs(model, collate([pack([batch])], CPU))[0].sum(), batch

        monkeypatch.setattr(gradient, "one_core_each", lambda device: nullcontext(cores))
        told = [fact for _ in range(2) for fact in gradient.add_gradients(model, batches, loss_of)]
        assert told == 2 * batches  # in their order
        return torch.cat([weight.grad.flatten() for weight in model.parameters()])

    one, three = on(1), on(3)
    assert one.norm() > 0 and (one - three).norm() < 1e-5 * one.norm()


def test_no_batch_has_no_gradient(tokenizer):
    model = a_model(tokenizer)
    assert gradient.add_gradients(model, [], None) == [] and all(weight.grad is None for weight in model.parameters())


def test_the_ratio_is_one_on_the_first_step(tokenizer):
    model = a_model(tokenizer)
    rows, _ = two_arms(model, 0)
    found = update(model, make_optimizers(model, 0.0), rows, range(len(rows)), CONFIG, np.random.default_rng(0))
    assert found["ratio_error"] < 1e-4 and found["clip_share"] == 0
    assert found["objective"] == pytest.approx(0.0, abs=1e-4)  # advantages have no mean, replies one length


def test_batches_cover_everything_once():
    chosen = [index for step in range(6) for index in batch_of(step, 4, 12, seed=1)]
    assert sorted(chosen[:12]) == sorted(chosen[12:]) == list(range(12)) and chosen[:12] != chosen[12:]
    lengths = [5, 40, 7, 7, 100, 3]
    batches = list(micro_batches(lengths, 50))
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    assert all(len(batch) == 1 or sum(lengths[i] for i in batch) <= 50 for batch in batches)
