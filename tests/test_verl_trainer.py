"""Two steps of verl's own trainer with the recipe, on the processor: rollout, update, weight transfer, checkpoint."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("verl", reason="verl is not installed; docs/train-30b.md says how to run these tests")

from chat_checkpoint import write_checkpoint  # noqa: E402

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.policy.designs import random_design
from sizing_app.task.definition import Task
from sizing_app.train.queries import save_queries
from sizing_app.verl import dataset

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "recipes" / "qwen3-30b-a3b"
PLACES = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "VERL_PLATFORM": "cpu", "VERL_ENGINE_DEVICE": "cuda",
          "VERL_USE_EXTERNAL_MODULES": "verl_cpu_backend", "OMP_NUM_THREADS": "1"}
"""``cuda`` is the name under which verl's FSDP engine is registered; verl_cpu_backend.py puts the processor there."""


def changes(folder: Path) -> list[str]:
    """What differs from the recipe: files, a small model on one processor, no vLLM, two steps."""
    variables = ",".join(f"{name}:'{value}'" for name, value in PLACES.items())
    own = [] if "RAY_ADDRESS" in os.environ else ["ray_kwargs.ray_init.num_cpus=16", "+ray_kwargs.ray_init.num_gpus=1"]
    policy = {
        "model.path": folder / "model", "+model.override_config.attn_implementation": "sdpa",
        "model.use_remove_padding": "false", "actor.ppo_mini_batch_size": 2, "actor.ulysses_sequence_parallel_size": 1,
        "actor.ppo_max_token_len_per_gpu": 40_000, "actor.use_torch_compile": "false",
        "actor.fsdp_config.use_torch_compile": "false", "actor.fsdp_config.param_offload": "false",
        "actor.fsdp_config.optimizer_offload": "false", "actor.optim.lr": 1e-3, "actor.optim.lr_warmup_steps": 0,
        "rollout.name": "writer", "rollout.n": 4, "rollout.tensor_model_parallel_size": 1,
        "rollout.agent.num_workers": 1, "rollout.agent.agent_loop_config_path": RECIPE / "agent_loops.yaml"}
    others = {
        "data.train_files": folder / "training.parquet", "data.val_files": folder / "validation.parquet",
        "data.train_batch_size": 2, "data.dataloader_num_workers": 0, "data.filter_overlong_prompts_workers": 1,
        "reward.num_workers": 1, "transfer_queue.backend.SimpleStorage.num_data_storage_units": 1,
        "trainer.n_gpus_per_node": 1, "trainer.device": "cpu", "trainer.logger": "[console]",
        "trainer.total_training_steps": 2, "trainer.save_freq": 2, "trainer.test_freq": 2,
        "trainer.val_before_train": "false", "trainer.default_local_dir": folder / "out"}
    named = [f"{'+' * name.startswith('+')}actor_rollout_ref.{name.lstrip('+')}={value}"
             for name, value in policy.items()]
    return [*named, *(f"{name}={value}" for name, value in others.items()), *own,
            f"+ray_kwargs.ray_init.runtime_env.env_vars={{{variables}}}"]


@pytest.mark.slow
def test_two_steps_of_verls_trainer(tmp_path, simulator):
    circuit = load_training_circuit("OTA")
    tasks = [Task(circuit, circuit.specs, circuit.conditions.nominal, random_design(circuit, seed), 2, seed)
             for seed in range(6)]
    save_queries(tmp_path / "queries" / "OTA.jsonl.gz", tasks)
    assert dataset.main(["--circuits", "OTA", "--data", str(tmp_path), "--out", str(tmp_path), "--training", "4",
                         "--validation", "1", "--workers", "1"]) == 0
    write_checkpoint(tmp_path / "model", tasks[0], simulator)
    result = subprocess.run(
        [sys.executable, "-m", "verl.trainer.main_ppo", f"--config-path={RECIPE}", "--config-name=tl-grpo",
         *changes(tmp_path)], cwd=tmp_path, env=os.environ | PLACES, capture_output=True, text=True, timeout=1800)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    assert "step:2 " in result.stdout and "val-core/OTA/reward/mean@1" in result.stdout
    assert list((tmp_path / "out" / "global_step_2" / "actor").glob("model_world_size_1_rank_0.pt"))
