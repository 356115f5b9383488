"""The policy network: a small Qwen3 decoder of the transformers library, so that every engine can load it."""

import math

import torch
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from sizing_app.prompt.compact import END, PAD
from sizing_app.prompt.tokenizer import token_values
from sizing_app.train.config import ModelSize
from sizing_app.train.tree import ATTENTION

INITIAL_STD = 0.02
EMBEDDINGS = "model.embed_tokens.weight", "lm_head.weight"
"""One tensor under two names: a row a token."""
BFLOAT16_UNITS = "avx512_bf16", "amx_bf16"
"""As torch.cpu.get_capabilities names them."""
_OCTAVES = 8
_LEAST = 1e-3


def pick_device(name: str = "auto") -> torch.device:
    """``auto`` is the GPU where there is one."""
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)


def set_precision(device: torch.device, exact: bool) -> None:
    """Weights are float32 everywhere. On a GPU, matrix products are TF32 where they need not be ``exact``.

    Importance ratios compare two computations of one log-probability, so reinforcement learning is exact.
    """
    if device.type == "cuda":
        torch.set_float32_matmul_precision("highest" if exact else "high")


def quick_products(device: torch.device) -> torch.autocast:
    """Where matrix products need not be exact: in bfloat16 on a CPU that has units for it, else as they are.

    Supervised training takes 0.56 times the CPU seconds so (tests/bench/supervised.py); the weights, the attention and
    the loss stay in float32.
    """
    has_units = device.type == "cpu" and any(torch.cpu.get_capabilities().get(unit) for unit in BFLOAT16_UNITS)
    return torch.autocast("cpu", torch.bfloat16, enabled=has_units)


def model_config(size: ModelSize, tokenizer: Tokenizer) -> Qwen3Config:
    end, pad = tokenizer.token_to_id(END), tokenizer.token_to_id(PAD)
    return Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=size.hidden, num_hidden_layers=size.layers,
        num_attention_heads=size.heads, num_key_value_heads=size.kv_heads, head_dim=size.head_dim,
        intermediate_size=size.intermediate, max_position_embeddings=size.context, tie_word_embeddings=True,
        initializer_range=INITIAL_STD, attn_implementation=ATTENTION, use_cache=True,
        bos_token_id=None, eos_token_id=end, pad_token_id=pad)


def build_model(size: ModelSize, tokenizer: Tokenizer, seed: int) -> Qwen3ForCausalLM:
    """A fresh model in float32; the embeddings of numbers are smooth in the number."""
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(model_config(size, tokenizer)).float()
    smooth_value_embeddings(model, tokenizer, seed)
    return model


def take_weights(model: Qwen3ForCausalLM, tokenizer: Tokenizer, other: Qwen3ForCausalLM, words: Tokenizer) -> None:
    """Begin with the weights of ``other``, a model of the same shape whose tokenizer is ``words``: all that stands
    between the words, and the embedding of every token that both have. Other tokens stay as they are.

    Raises ValueError where the shapes differ.
    """
    mine, its, known = tokenizer.get_vocab(), model.state_dict(), words.get_vocab()
    shared = sorted(mine.keys() & known.keys())
    for name, tensor in other.state_dict().items():
        if its[name].shape[1:] != tensor.shape[1:]:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)} there and {tuple(its[name].shape)} here")
        if name in EMBEDDINGS:
            its[name][[mine[token] for token in shared]] = tensor[[known[token] for token in shared]]
        else:
            its[name].copy_(tensor)


def smooth_value_embeddings(model: Qwen3ForCausalLM, tokenizer: Tokenizer, seed: int) -> None:
    """Start the embedding of each number as a random mixture of waves over the number, one mixture a kind.

    Neighbours of a scale then begin alike, and what is learnt about 4.7 helps with 5.1. Numbers are placed by their
    logarithm, positions linearly, margins by an arcsinh, linear near zero.
    """
    values = token_values(tokenizer)
    table = model.get_input_embeddings().weight
    generator = torch.Generator().manual_seed(seed)
    for kind in sorted({kind for kind, _ in values.values()}):
        rows = [index for index, (its_kind, _) in values.items() if its_kind == kind]
        place = torch.tensor([_place(*values[index]) for index in rows])
        frequency = 2.0 ** torch.arange(-4, _OCTAVES - 4)
        angle = 2 * math.pi * place[:, None] * frequency
        waves = torch.cat([angle.sin(), angle.cos(), torch.ones(len(rows), 1)], dim=1) * _weights()
        mixture = torch.randn(waves.shape[1], table.shape[1], generator=generator)
        smooth = waves @ mixture / waves.norm(dim=1, keepdim=True)
        with torch.no_grad():
            table[rows] = 0.2 * table[rows] + INITIAL_STD * smooth


def _place(kind: str, value: float) -> float:
    """Place of a number on its scale; a decade, a quarter of a range or a factor of ten of a margin is about 1."""
    if kind == "number":
        return math.log10(max(value, _LEAST))
    if kind == "position":
        return value / 25
    return math.asinh(value / 5.0) / math.log(10.0)


def _weights() -> torch.Tensor:
    """Weight of each wave: high frequencies tell neighbours apart, low ones keep them alike."""
    falling = 2.0 ** (-0.25 * torch.arange(_OCTAVES))
    return torch.cat([falling, falling, torch.full((1,), 0.5)])
