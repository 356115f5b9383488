"""A random-weight Qwen3 checkpoint of some 200,000 parameters, written without torch."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from sizing_app.circuit.definition import Circuit
from sizing_app.policy.designs import from_unit
from sizing_app.prompt.compact import END, PAD, render, write_reply
from sizing_app.prompt.tokenizer import build_tokenizer, save_tokenizer
from sizing_app.prompt.versions import FIRST
from sizing_app.prompt.wording import wording
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import History, Measurement, Proposal, Turn

HIDDEN, LAYERS, HEADS, KV_HEADS, HEAD_SIZE, INNER = 64, 2, 4, 2, 16, 128


def a_history(task: Task, turns: int = 2, seed: int = 0) -> History:
    """The initial design and ``turns`` - 1 more, their results scattered around the targets."""
    rng = np.random.default_rng(seed)
    result = []
    for index in range(turns):
        parameters = from_unit(task.circuit, rng.random(len(task.circuit.parameters)))
        metrics = {spec.metric: (spec.high if spec.low is None else spec.low) * rng.uniform(0.7, 1.3)
                   for spec in task.specs}
        measurement = Measurement("ok", metrics)
        result.append(Turn(index, Proposal(parameters), measurement, score(measurement, task.specs)))
    return tuple(result)


def a_query(circuit: Circuit, seed: int = 0) -> Task:
    rng = np.random.default_rng(seed)
    conditions = circuit.conditions.all()
    initial = from_unit(circuit, rng.random(len(circuit.parameters)))
    return Task(circuit, circuit.specs, conditions[rng.integers(len(conditions))], initial, seed=seed)


def sample_texts(circuits: list[Circuit], count: int = 100, version: str = FIRST) -> list[str]:
    """Prompts with replies, as the tokenizer learns its word pieces from."""
    texts = []
    for seed in range(count):
        task = a_query(circuits[seed % len(circuits)], seed)
        history = a_history(task, 1 + seed % 4, seed)
        words = wording(task.circuit, version)
        specs, initial = words.task(task).specs, words.parameters(task.initial)
        first, second = specs[0].metric, specs[-1].metric
        analysis = (f"{first} misses by 12% and {second} by 7%, {seed % 8} of 8 specs are met. I raise "
                    f"{words.circuit.parameters[0].name}. I expect {first} up and {second} down.")
        texts.append(render(task, history, version)
                     + write_reply(words.circuit, analysis, initial if seed % 5 else None))
    return texts


def write_checkpoint(folder: Path, circuits: list[Circuit], seed: int = 0, version: str = FIRST) -> Tokenizer:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = build_tokenizer(circuits, sample_texts(circuits, version=version), version, merges=200)
    (folder / "card.toml").write_text(f'prompt = "{version}"\n')
    save_tokenizer(tokenizer, folder)
    vocabulary = -(-tokenizer.get_vocab_size() // 64) * 64
    config = {
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD_SIZE, "intermediate_size": INNER, "vocab_size": vocabulary, "hidden_act": "silu",
        "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": True,
        "attention_bias": False, "eos_token_id": tokenizer.token_to_id(END), "bos_token_id": None,
        "pad_token_id": tokenizer.token_to_id(PAD), "dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config))
    save_file(_random_weights(np.random.default_rng(seed), vocabulary), folder / "model.safetensors")
    return tokenizer


def _random_weights(rng: np.random.Generator, vocabulary: int) -> dict[str, np.ndarray]:
    """Normal weights that float16 holds exactly, so that the conversion loses nothing."""
    shapes = {"model.embed_tokens": (vocabulary, HIDDEN), "model.norm": (HIDDEN,)}
    for layer in range(LAYERS):
        shapes |= {f"model.layers.{layer}.{name}": shape for name, shape in {
            "input_layernorm": (HIDDEN,), "post_attention_layernorm": (HIDDEN,),
            "self_attn.q_norm": (HEAD_SIZE,), "self_attn.k_norm": (HEAD_SIZE,),
            "self_attn.q_proj": (HEADS * HEAD_SIZE, HIDDEN), "self_attn.k_proj": (KV_HEADS * HEAD_SIZE, HIDDEN),
            "self_attn.v_proj": (KV_HEADS * HEAD_SIZE, HIDDEN), "self_attn.o_proj": (HIDDEN, HEADS * HEAD_SIZE),
            "mlp.gate_proj": (INNER, HIDDEN), "mlp.up_proj": (INNER, HIDDEN), "mlp.down_proj": (HIDDEN, INNER),
        }.items()}
    weights = {}
    for name, shape in shapes.items():
        values = 1 + 0.1 * rng.standard_normal(shape) if len(shape) == 1 else 0.15 * rng.standard_normal(shape)
        weights[f"{name}.weight"] = values.astype(np.float16).astype(np.float32)
    return weights
