"""Fine-tuning of an open language model: two steps of each stage on a random small Llama, SmolLM2 itself by hand."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.policy.designs import random_design
from sizing_app.policy.open_model import packaged
from sizing_app.pools.designs import load_pool, pool_path
from sizing_app.pools.surrogate import load_surrogate, surrogate_path
from sizing_app.pools.teacher import Teacher
from sizing_app.session.turn import initial_turn
from sizing_app.task.definition import Task
from sizing_app.train.chat import Chat, ChatSampler, chat_lessons
from sizing_app.train.fine_tune import FineTuning, load_open_model, main
from sizing_app.train.imagine import imagine
from sizing_app.train.queries import Synthesis
from sizing_app.train.run_folder import generator, read_log, write_json
from sizing_app.train.tree import collate, pack, reply_logprobs
from tests.chat_checkpoint import write_checkpoint

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, simulator):
    circuit = load_training_circuit("OTA")
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, random_design(circuit, 0), 5, 0)
    place = tmp_path_factory.mktemp("llama")
    write_checkpoint(place, task, simulator, LlamaConfig)
    return place


@pytest.fixture(scope="module")
def loaded(folder):
    torch.set_num_threads(1)
    return load_open_model(folder, CPU)


@pytest.fixture(scope="module")
def trajectories():
    circuit = load_training_circuit("OTA")
    teacher = Teacher(load_pool(circuit, pool_path(circuit)),
                      load_surrogate(surrogate_path(Path("models"), circuit), circuit))
    rng = np.random.default_rng(0)
    return imagine(Synthesis(teacher.pool, 0.5).draw(rng, 8), teacher, rng)


def test_two_steps_of_each_stage_on_a_cpu(folder, tmp_path, capsys):
    command = ["--model", str(folder), "--circuits", "OTA", "--trajectories", "8", "--sft-steps", "2", "--batch", "2",
               "--group", "2", "--reply-tokens", "8", "--validation", "1", "--device", "cpu", "--workers", "1",
               "--out", str(tmp_path)]
    assert all(main([*command, "--rl-steps", steps]) == 0 for steps in ("0", "1", "2"))
    assert f"vllm serve {tmp_path / 'model'}" in capsys.readouterr().out
    taught, trained = read_log(tmp_path / "sft.jsonl"), read_log(tmp_path / "tl-grpo.jsonl")
    assert [entry["step"] for entry in taught] == [entry["step"] for entry in trained] == [0, 1]
    assert all(np.isfinite(entry["loss"]) and entry["gradient_norm"] > 0 for entry in taught)
    assert all(entry["rollouts"] == 2 * 5 * 2 and entry["reward"] == pytest.approx(-0.2) for entry in trained)
    before, after = (AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32)
                     for place in (folder, tmp_path / "model"))
    assert not torch.allclose(before.model.layers[0].mlp.up_proj.weight, after.model.layers[0].mlp.up_proj.weight)
    assert 'circuits = ["OTA"]' in (tmp_path / "model" / "card.toml").read_text()


def test_a_lesson_is_what_a_server_is_asked_and_its_reply_is_read_back(loaded, trajectories):
    chat = Chat(loaded[1])
    for trajectory in trajectories:
        pairs = chat_lessons(trajectory, chat)
        for (prompt, reply), answer in zip(pairs, trajectory.answers, strict=False):
            text = chat.tokenizer.decode(prompt)
            assert text.startswith("<|im_start|>system\nYou are an experienced analog circuit designer.")
            assert text.endswith("<|im_start|>assistant\n") and "Simulations left" in text
            assert reply[-1] == chat.tokenizer.eos_token_id
            proposal = chat.proposal(trajectory.task, reply[:-1])
            assert not proposal.problems and proposal.parameters == pytest.approx(dict(answer.parameters))
        assert len(pack(pairs)) < sum(len(prompt) + len(reply) for prompt, reply in pairs) or len(pairs) == 1
        ended = len(pairs) > len(trajectory.answers)
        assert chat.proposal(trajectory.task, pairs[-1][1][:-1]).finished == ended


def test_samples_have_the_probabilities_of_the_model_and_prompts_do_not_mix(loaded, simulator):
    model, tokenizer = loaded
    circuit = load_training_circuit("OTA")
    tasks = [Task(circuit, circuit.specs, circuit.conditions.nominal, random_design(circuit, seed), 5, seed)
             for seed in (0, 1)]
    chat = Chat(tokenizer)
    prompts = [chat.prompt(task, (initial_turn(task, simulator),)) for task in tasks]
    short = prompts[0][:200]
    sampler = ChatSampler(model, tokenizer.eos_token_id, 6, temperature=1e-3)
    together = sampler.sample([short, prompts[1]], 2, generator(CPU, 0))
    alone = [sampler.sample([prompt], 1, generator(CPU, 1))[0][0] for prompt in (short, prompts[1])]
    assert [[sample.tokens for sample in group] for group in together] == [[one.tokens] * 2 for one in alone]
    warm = ChatSampler(model, tokenizer.eos_token_id, 6).sample([short], 3, generator(CPU, 2))[0]
    for sample in warm:
        expected, _ = reply_logprobs(model, collate([pack([(short, sample.tokens)])], CPU))
        assert sample.logprobs == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_fifth_of_the_queries_has_ranges_of_its_own(loaded, tmp_path):
    circuit = load_training_circuit("OTA")
    options = Namespace(out=tmp_path, seed=0)
    queries = FineTuning(loaded[0], Chat(loaded[1]), [circuit], None, options).queries()
    moved = np.mean([task.circuit.parameters != circuit.parameters for task in queries])
    assert moved == pytest.approx(0.2, abs=0.1)


def test_what_cannot_be_trained_is_said(folder, tmp_path, capsys):
    assert main(["--model", str(tmp_path / "nowhere"), "--device", "cpu"]) == 2
    assert "sizing fine-tune:" in capsys.readouterr().err
    assert main(["--model", str(folder), "--device", "cpu", "--circuits", "OPAMP1", "--out", str(tmp_path)]) == 2
    assert "OPAMP1" in capsys.readouterr().err
    write_json(tmp_path / "run.json", {"preset": "tiny", "circuits": ["OTA"], "family_members": 0, "seed": 0,
                                       "prompt": "chat", "stages": {}})
    assert main(["--model", str(folder), "--device", "cpu", "--circuits", "OTA", "--out", str(tmp_path)]) == 2
    assert "was made with another preset" in capsys.readouterr().err


@pytest.mark.parametrize("reads, message", [(16, "no lesson fits the 16 tokens"), (4000, "no query fits the 4000")])
def test_what_the_model_cannot_read_is_left_out(folder, tmp_path, capsys, reads, message):
    model, tokenizer = load_open_model(folder, CPU)
    model.config.max_position_embeddings = reads
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    assert main(["--model", str(tmp_path / "model"), "--circuits", "OTA", "--trajectories", "8", "--sft-steps", "1",
                 "--rl-steps", "1", "--batch", "1", "--group", "2", "--reply-tokens", "4000", "--validation", "0",
                 "--device", "cpu", "--workers", "1", "--out", str(tmp_path / "run")]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(packaged() is None, reason="SmolLM2 is not installed; see requirements-open-model.txt")
def test_two_steps_of_smollm2(tmp_path):
    assert main(["--circuits", "OTA", "--trajectories", "2", "--sft-steps", "2", "--rl-steps", "1", "--batch", "1",
                 "--group", "2", "--reply-tokens", "16", "--validation", "0", "--device", "cpu", "--minutes", "60",
                 "--out", str(tmp_path)]) == 0
    losses = [entry["loss"] for entry in read_log(tmp_path / "sft.jsonl")]
    assert losses[1] < losses[0]
    written, _ = load_open_model(tmp_path / "model", CPU)
    assert written.num_parameters() == 134_515_008


@pytest.mark.skipif(packaged() is None, reason="SmolLM2 is not installed; see requirements-open-model.txt")
def test_smollm2_can_be_saved(tmp_path):
    model, tokenizer = load_open_model(None, CPU)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again, words = load_open_model(tmp_path, CPU)
    assert torch.equal(model.model.norm.weight, again.model.norm.weight) and words.chat_template
