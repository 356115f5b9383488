"""A Qwen3 checkpoint (safetensors, tokenizer.json, config.json) as one GGUF file for llama.cpp. No torch.

Weights become f32: llama.cpp then computes what transformers does, and a reply does not depend on what the server has
in its prompt cache (with f16 weights, half of the sampled replies did). At a few million parameters it is as fast as
f16. The tokenizer becomes model ``gpt2`` with pre-tokenizer ``qwen2``; added tokens are USER_DEFINED, special ones
CONTROL.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sizing_app.errors import PolicyError

FORMAT = "1"
"""Part of the cache key: to be changed with what write_gguf writes."""
_DTYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
_LAYER_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
_OUTER_NAMES = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
                "lm_head.weight": "output.weight"}


def cached_gguf(model_dir: Path, cache: Path | None = None) -> Path:
    """The GGUF of a checkpoint, written on first use and found again by the checkpoint's content."""
    files = [model_dir / name for name in ("config.json", "tokenizer.json", "model.safetensors")]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise PolicyError(f"The checkpoint {model_dir} has no {' and no '.join(missing)}.")
    digest = hashlib.sha256(FORMAT.encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    folder = cache or _cache_folder()
    path = folder / f"{model_dir.name}-{digest.hexdigest()[:20]}.gguf"
    if not path.is_file():
        handle, unfinished = tempfile.mkstemp(dir=folder, suffix=".part")
        os.close(handle)
        try:
            write_gguf(model_dir, Path(unfinished))
            os.replace(unfinished, path)
        finally:
            Path(unfinished).unlink(missing_ok=True)
    return path


def write_gguf(model_dir: Path, path: Path) -> None:
    """Convert the checkpoint in ``model_dir``. Raises PolicyError where it is not a plain Qwen3 decoder."""
    import gguf
    try:
        config = json.loads((model_dir / "config.json").read_text())
        tokenizer = json.loads((model_dir / "tokenizer.json").read_text())
        writer = gguf.GGUFWriter(str(path), "qwen3")
        _write_shape(writer, config, model_dir.name, gguf)
        _write_vocabulary(writer, tokenizer, config, gguf)
        for name, values in read_safetensors(model_dir / "model.safetensors"):
            writer.add_tensor(_gguf_name(name), np.ascontiguousarray(values, dtype=np.float32))
    except (KeyError, ValueError, TypeError) as error:
        raise PolicyError(f"The checkpoint {model_dir} cannot be read as a Qwen3 model: {error!r}.") from error
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_safetensors(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and float32 or float16 arrays of a safetensors file; bfloat16 is widened to float32."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"tensor {name} is {entry['dtype']}, expected one of {', '.join(_DTYPES)}")
        first, last = (8 + size + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[first:last], _DTYPES[entry["dtype"]]).reshape(entry["shape"])
        if entry["dtype"] == "BF16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        yield name, values


def _write_shape(writer, config: dict, name: str, gguf) -> None:
    if config["model_type"] != "qwen3":
        raise ValueError(f"model_type is {config['model_type']!r}, expected 'qwen3'")
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", "default") != "default" or config.get("attention_bias"):
        raise ValueError("scaled rotary embeddings and attention biases are not supported")
    heads = config["num_attention_heads"]
    head_size = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config["rope_theta"]))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def _write_vocabulary(writer, tokenizer: dict, config: dict, gguf) -> None:
    """Tokens by id; ids that the embedding has and the tokenizer has not are filled up as UNUSED."""
    texts = [f"[UNUSED{index}]" for index in range(config["vocab_size"])]
    types = [gguf.TokenType.UNUSED] * len(texts)
    for text, index in tokenizer["model"]["vocab"].items():
        texts[index], types[index] = text, gguf.TokenType.NORMAL
    for token in tokenizer["added_tokens"]:
        kind = gguf.TokenType.CONTROL if token["special"] else gguf.TokenType.USER_DEFINED
        texts[token["id"]], types[token["id"]] = token["content"], kind
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    if not merges:
        raise ValueError("the tokenizer has no merges, which llama.cpp needs")
    end = config["eos_token_id"]
    end = end[0] if isinstance(end, list) else end
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(texts)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)


def _gguf_name(name: str) -> str:
    """``model.layers.3.self_attn.q_proj.weight`` as ``blk.3.attn_q.weight``."""
    if name in _OUTER_NAMES:
        return _OUTER_NAMES[name]
    start, layer, rest = name.removeprefix("model.").split(".", 2)
    if start != "layers":
        raise ValueError(f"unknown tensor {name}")
    return f"blk.{int(layer)}.{_LAYER_NAMES[rest.removesuffix('.weight')]}.weight"


def _cache_folder() -> Path:
    """A writable folder of the user's cache, or of the temporary files where there is none."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (home / "sizing-app", Path(tempfile.gettempdir()) / f"sizing-app-{os.getuid()}"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise PolicyError("There is no writable cache folder: set XDG_CACHE_HOME to one.")
