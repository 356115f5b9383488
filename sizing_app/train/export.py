"""A trained checkpoint as every engine loads it: ``models/NAME`` with float16 safetensors, tokenizer and a card."""

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, Qwen3ForCausalLM
from transformers.utils.logging import disable_progress_bar

from sizing_app.prompt.tokenizer import load_tokenizer, save_tokenizer
from sizing_app.train.tree import ATTENTION

SIZE_LIMIT = 25_000_000
"""Bytes of a weights file in the repository: 10 M parameters in float16 take 21 MB."""


class ExportError(RuntimeError):
    """The checkpoint cannot be written as asked."""


def export_model(model: Qwen3ForCausalLM, tokenizer: Tokenizer, folder: Path, card: Mapping[str, object]) -> Path:
    """Write the model in float16 (greedy replies differ from float32 in about 2% of the prompts) with its card.

    The ``temperature`` of the card is what the app samples at, and what other servers do by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    smaller = Qwen3ForCausalLM(model.config).half()
    smaller.load_state_dict({name: tensor.half() for name, tensor in model.state_dict().items()})
    smaller.generation_config = GenerationConfig(do_sample=True, temperature=card["temperature"], top_k=0, top_p=1.0,
                                                 eos_token_id=model.config.eos_token_id,
                                                 pad_token_id=model.config.pad_token_id)
    disable_progress_bar()
    smaller.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    save_tokenizer(tokenizer, folder)
    size = (folder / "model.safetensors").stat().st_size
    if size > SIZE_LIMIT:
        raise ExportError(f"{folder / 'model.safetensors'} has {size / 1e6:.1f} MB, more than {SIZE_LIMIT / 1e6:.0f}")
    (folder / "card.toml").write_text(toml({"parameters": model.num_parameters(), "dtype": "float16", **card}))
    return folder


def load_model(folder: Path, device: torch.device | str = "cpu") -> tuple[Qwen3ForCausalLM, Tokenizer]:
    """An exported checkpoint, in float32, and its tokenizer."""
    disable_progress_bar()
    model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation=ATTENTION)
    return model.to(device), load_tokenizer(folder)


def hardware(device: torch.device) -> str:
    cores = f"{os.cpu_count()} CPU cores ({platform.machine()})"
    return f"{torch.cuda.get_device_name(device)}, {cores}" if device.type == "cuda" else cores


def toml(document: Mapping[str, object]) -> str:
    """A flat document, tables one level deep, as TOML: JSON's strings, numbers and lists are TOML's too.

    What is None is left out, and so is a table without entries.
    """
    plain = {name: value for name, value in document.items() if not isinstance(value, Mapping)}
    tables = {name: value for name, value in document.items() if isinstance(value, Mapping) and value}
    lines = _assignments(plain)
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_assignments(table)]
    return "\n".join(lines) + "\n"


def _assignments(table: Mapping[str, object]) -> list[str]:
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in table.items() if value is not None]
