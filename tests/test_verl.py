"""The 30B recipe on verl's own classes, as far as they run without a GPU (docs/train-30b.md says how to run this).

Data, agent loops, workers, TransferQueue, replay buffer, advantages and loss are verl's, ngspice is real; only vLLM is
replaced, by a writer of designs.
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("verl", reason="verl is not installed; docs/train-30b.md says how to run these tests")
pytest.importorskip("transfer_queue", reason="TransferQueue, a part of verl, is not installed; see docs/train-30b.md")

import ray  # noqa: E402
import torch  # noqa: E402
import transfer_queue as tq  # noqa: E402
from hydra import compose, initialize_config_dir  # noqa: E402
from tensordict import TensorDict  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402
from verl.trainer.ppo.core_algos import get_policy_loss_fn  # noqa: E402
from verl.trainer.ppo.utils import create_rl_dataset  # noqa: E402
from verl.trainer.ppo.v1 import PPOTrainerSync  # noqa: E402
from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer  # noqa: E402
from verl.utils import tensordict_utils as tu  # noqa: E402
from verl.utils.config import omega_conf_to_dataclass, validate_config  # noqa: E402
from verl.utils.dataset.rl_dataset import collate_fn  # noqa: E402
from chat_checkpoint import write_checkpoint  # noqa: E402
from verl_cpu import WriterClient  # noqa: E402

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.policy.designs import random_design
from sizing_app.prompt.chat import messages
from sizing_app.prompt.parser import parse_reply
from sizing_app.session.turn import initial_turn
from sizing_app.task.definition import Task
from sizing_app.train.advantage import clipped_objective, group_advantages, training_reward
from sizing_app.train.config import RLConfig
from sizing_app.train.queries import from_json, save_queries
from sizing_app.verl import dataset
from sizing_app.verl.groups import TurnGroupManager
from tests.builders import turn_of

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "recipes" / "qwen3-30b-a3b"
QUERIES, TURNS, GROUP = 2, 3, 8


@pytest.fixture(scope="module")
def tasks():
    circuit = load_training_circuit("OTA")
    nominal = circuit.conditions.nominal
    return [Task(circuit, circuit.specs, nominal, random_design(circuit, seed), TURNS, seed) for seed in range(4)]


@pytest.fixture(scope="module")
def files(tmp_path_factory, tasks):
    """The parquet files, written by the command."""
    folder = tmp_path_factory.mktemp("data")
    save_queries(folder / "queries" / "OTA.jsonl.gz", tasks)
    assert dataset.main(["--circuits", "OTA", "--data", str(folder), "--out", str(folder), "--training", "2",
                         "--validation", "1", "--workers", "1"]) == 0
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, tasks, simulator):
    folder = tmp_path_factory.mktemp("model")
    write_checkpoint(folder, tasks[0], simulator)
    return folder


@pytest.fixture(scope="module")
def config(files, checkpoint):
    """The recipe, with a small model, short replies and one worker."""
    with initialize_config_dir(str(RECIPE), version_base=None):
        return compose("tl-grpo", [
            f"actor_rollout_ref.model.path={checkpoint}", f"data.train_files={files / 'training.parquet'}",
            f"data.val_files={files / 'validation.parquet'}", f"data.train_batch_size={QUERIES}",
            "data.filter_overlong_prompts_workers=1", "data.dataloader_num_workers=0",
            "actor_rollout_ref.rollout.agent.num_workers=1",
            f"actor_rollout_ref.rollout.agent.agent_loop_config_path={RECIPE / 'agent_loops.yaml'}",
            "transfer_queue.backend.SimpleStorage.num_data_storage_units=1"])


@pytest.fixture(scope="module")
def cluster(config):
    """Ray (at RAY_ADDRESS, if set), and the queue that verl keeps its batches in."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    own = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": 4, "include_dashboard": False}
    ray.init(**own, runtime_env={"env_vars": {"PYTHONPATH": paths, "TRANSFER_QUEUE_ENABLE": "1"}})
    config.transfer_queue.enable = True
    tq.init(config.transfer_queue)
    yield
    tq.close()
    ray.shutdown()


@pytest.fixture(scope="module")
def manager(config, cluster):
    tokenizer = AutoTokenizer.from_pretrained(config.actor_rollout_ref.model.path)
    return TurnGroupManager.create(config=config, llm_client=WriterClient(config, tokenizer, "OTA"))


def roll_out(config, manager, files, partition: str):
    """One batch as verl's trainer submits and takes it: rows of the data in, stored replies out."""
    tokenizer = AutoTokenizer.from_pretrained(config.actor_rollout_ref.model.path)
    name = {"train": "training", "val": "validation"}[partition]
    rows = create_rl_dataset(str(files / f"{name}.parquet"), config.data, tokenizer, None)
    batch = collate_fn([rows[place] for place in range(len(rows))])
    batch["uid"] = np.array([f"query{place}" for place in range(len(rows))], dtype=object)
    batch = tu.get_tensordict(batch)
    tu.assign_non_tensor_data(batch, "global_steps", 0)
    if partition == "val":
        tu.assign_non_tensor_data(batch, "validate", True)
    tags = [{"is_prompt": True, "status": "pending", "global_steps": 0} for _ in range(len(batch))]
    tq.kv_batch_put(keys=list(batch["uid"]), partition_id=partition, tags=tags)
    manager.generate_sequences(batch)
    buffer = ReplayBuffer("sync", config.trainer.v1.sync, None, "drop", {}, poll_interval=0.2)
    taken, _ = buffer.sample(global_steps=0, partition_id=partition, batch_size=len(rows))
    return taken, tokenizer


@pytest.fixture(scope="module")
def batch(config, manager, files):
    return roll_out(config, manager, files, "train")


def test_the_recipe_is_one_that_verl_accepts_and_says_what_the_paper_does():
    with initialize_config_dir(str(RECIPE), version_base=None):
        recipe = compose("tl-grpo")
    rollout, actor = recipe.actor_rollout_ref.rollout, recipe.actor_rollout_ref.actor
    assert (recipe.data.train_batch_size, rollout.n, rollout.temperature, rollout.top_p) == (32, 8, 1.0, 0.95)
    assert (actor.clip_ratio_low, actor.clip_ratio_high, recipe.trainer.total_epochs) == (0.2, 0.28, 1)
    assert (recipe.data.max_prompt_length, rollout.response_length) == (15_000, 4_096)
    assert not (actor.use_kl_loss or recipe.algorithm.use_kl_in_reward)
    assert rollout.prompt_length + rollout.response_length <= rollout.max_model_len
    assert actor.ppo_max_token_len_per_gpu * actor.ulysses_sequence_parallel_size >= rollout.max_model_len
    validate_config(recipe, use_reference_policy=False, use_critic=False)


def test_a_row_holds_the_query_and_its_first_prompt(files, tasks):
    import pyarrow.parquet
    rows = pyarrow.parquet.read_table(files / "training.parquet").to_pylist()
    circuits = {"OTA": tasks[0].circuit}
    assert [from_json(json.loads(row["query"]), circuits) for row in rows] == tasks[2:]
    assert [message["role"] for message in rows[0]["prompt"]] == ["system", "user"]
    assert "Result:" in rows[0]["prompt"][1]["content"]


def test_every_turn_is_a_group_of_eight_replies(batch):
    keys = [key.split("_") for key in batch[0].keys]
    wanted = {(f"query{query}", str(turn), str(number), "0") for query in range(QUERIES)
              for turn in range(1, TURNS + 1) for number in range(GROUP)}
    assert {tuple(key) for key in keys} == wanted and len(keys) == len(wanted)


def test_every_reply_is_trained_on_and_nothing_else_is(batch):
    taken, tokenizer = batch
    data = tq.kv_batch_get(keys=taken.keys, partition_id="train")
    for row in data:
        reply = row["responses"].tolist()
        assert row["response_mask"].tolist() == [1] * len(reply) and reply[-1] == tokenizer.eos_token_id
        assert row["input_ids"].tolist() == [*row["prompts"].tolist(), *reply]
        assert row["rm_scores"][:-1].eq(0.0).all()
    prompts = {tuple(row["prompts"].tolist()) for row in data}
    assert len(prompts) == QUERIES * TURNS


def test_rewards_are_those_of_the_app(batch, tasks, simulator):
    """Each reply is read, simulated and scored again, by the code that the local trainer and the app use."""
    taken, tokenizer = batch
    data = dict(zip(taken.keys, tq.kv_batch_get(keys=taken.keys, partition_id="train"), strict=True))
    rewards = []
    for query, task in enumerate(tasks[2:]):
        history = (initial_turn(task, simulator),)
        for place in range(1, TURNS + 1):
            shown = tokenizer.apply_chat_template(messages(task, history), add_generation_prompt=True,
                                                  return_dict=False)
            turns = []
            for number in range(GROUP):
                row = data[f"query{query}_{place}_{number}_0"]
                assert row["prompts"].tolist() == shown
                text = tokenizer.decode(row["responses"], skip_special_tokens=True)
                turns.append(turn_of(task, history, parse_reply(text, task.circuit), simulator))
                rewards.append(training_reward(turns[-1], history, RLConfig()))
                assert row["rm_scores"].sum().item() == pytest.approx(rewards[-1])
            history = (*history, turns[0])
    assert min(rewards) == pytest.approx(-0.2) and max(rewards) > 0.5


def reply_logprobs(model, row) -> torch.Tensor:
    """Log-probabilities of a stored reply under the model."""
    size = len(row["responses"])
    with torch.no_grad():
        logits = model(row["input_ids"][None]).logits[0, -size - 1:-1]
    return logits.log_softmax(dim=-1).gather(1, row["responses"][:, None])[:, 0]


@pytest.fixture(scope="module")
def advantages(batch, config):
    """What verl's trainer computes for the batch, with the log-probabilities that its actor would have stored."""
    taken, _ = batch
    model = AutoModelForCausalLM.from_pretrained(config.actor_rollout_ref.model.path)
    old = [reply_logprobs(model, row) for row in tq.kv_batch_get(keys=taken.keys, partition_id="train")]
    old = TensorDict({"old_log_probs": torch.nested.as_nested_tensor(old, layout=torch.jagged)}, batch_size=len(old))
    tq.kv_batch_put(keys=taken.keys, partition_id="train", fields=old)
    PPOTrainerSync._compute_advantage(SimpleNamespace(config=config), taken, {})
    fields = ["uid", "rm_scores", "advantages", "response_mask", "old_log_probs"]
    data = tq.kv_batch_get(keys=taken.keys, partition_id="train", select_fields=fields)
    groups = np.array(data.pop("uid").tolist())
    return groups, data.to_padded_tensor()


def test_verl_compares_within_turns_as_the_local_trainer_does(advantages):
    """verl divides by the standard deviation of a sample, this trainer by that of the group: sqrt(7 / 8) between."""
    groups, data = advantages
    rewards = data["rm_scores"].sum(dim=1).numpy()
    assert len(set(groups)) == QUERIES * TURNS
    for group in set(groups):
        members = np.flatnonzero(groups == group)
        wanted = group_advantages(rewards[members]) * np.sqrt((GROUP - 1) / GROUP)
        for member, value in zip(members, wanted, strict=True):
            found = data["advantages"][member][data["response_mask"][member].bool()]
            assert found.numpy() == pytest.approx(value, abs=1e-4)
    assert data["advantages"].abs().max() > 0.5


def test_verls_loss_is_the_clipped_objective_of_the_local_trainer(advantages, config):
    _, data = advantages
    mask = data["response_mask"].bool()
    random = torch.Generator().manual_seed(0)
    old = data["old_log_probs"]
    new = old + 0.3 * torch.randn(mask.shape, generator=random)
    actor = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    loss, facts = get_policy_loss_fn(actor.policy_loss.loss_mode)(
        old, new, data["advantages"], mask, actor.loss_agg_mode, actor, None)
    objective, clipped = clipped_objective(new[mask], old[mask], data["advantages"][mask], RLConfig())
    assert loss.item() == pytest.approx(-objective.mean().item(), abs=1e-5)
    assert facts["actor/pg_clipfrac"] == pytest.approx(clipped.float().mean().item(), abs=1e-4)


def test_validation_stores_one_session_worth_its_best_turn(config, manager, files):
    taken, _ = roll_out(config, manager, files, "val")
    assert taken.keys == ["query0_0_0"]
    row = tq.kv_batch_get(keys=taken.keys, partition_id="val")[0]
    facts = row["extra_fields"]["reward_extra_info"]
    best = row["rm_scores"].sum().item()
    assert facts == {"passed": float(best == 1.0), "simulations": float(TURNS)} and best > 0.0
    assert row["num_turns"] == TURNS
