"""Batched sampling from the decoder: each prompt is read once, and its keys and values are shared by all its branches.

The library's forward reads the prompts; the decoding steps below run over the same weights with fixed buffers, because
the library's growing cache copies itself, shared prompts included, at each step. That both give one distribution is
tested.

Sampling is plain: temperature, no top-p. The paper samples with top-p 0.95; a cut distribution would need the same
cut, taken under the old weights, in the trainer, or the importance ratio would not be that of the sampled policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.cache_utils import DynamicCache
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb

from sizing_app.circuit.definition import Circuit
from sizing_app.train.form import Form, Places
from sizing_app.train.tree import masked

CHECK_EVERY = 8
"""Steps between looks at which prompts have only branches that ended (each look waits for the GPU)."""


@dataclass(frozen=True)
class Sample:
    """A reply: token ids, the last one the end token unless it was cut, and their log-probabilities when sampled."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


@dataclass
class _Prefix:
    """Keys and values of the prompts, one pair a layer, each (prompts, kv heads, length, head size)."""

    keys: list[Tensor]
    values: list[Tensor]
    lengths: Tensor
    padding: Tensor
    """0 where a token is real, -inf where it is padding: (prompts, 1, 1, length)."""

    def only(self, kept: Tensor) -> "_Prefix":
        """Those prompts; ``kept``: (prompts,), boolean."""
        return _Prefix([table[kept] for table in self.keys], [table[kept] for table in self.values],
                       self.lengths[kept], self.padding[kept])


class Sampler:
    """Samples replies that end with ``end_token``; with a ``form``, replies that keep to it."""

    def __init__(self, model: nn.Module, end_token: int, reply_tokens: int, temperature: float = 1.0,
                 form: Form | None = None, max_branches: int = 2048):
        self.model, self.form = model, form
        self.end_token = end_token
        self.reply_tokens = reply_tokens
        self.temperature = temperature
        self.max_branches = max_branches

    @torch.inference_mode()
    def sample(self, prompts: Sequence[Sequence[int]], count: int, generator: torch.Generator,
               circuits: Sequence[Circuit] = ()) -> list[list[Sample]]:
        """``count`` replies to each prompt; the generator lives on the model's device.

        ``circuits``: those of the prompts, which the form of a reply depends on.
        """
        groups: list[list[Sample]] = []
        size = max(1, self.max_branches // count)
        for start in range(0, len(prompts), size):
            part = slice(start, start + size)
            places = None if self.form is None else Places(self.form, circuits[part], count)
            groups += self._sample(prompts[part], count, generator, places)
        return groups

    def _sample(self, prompts, count: int, generator: torch.Generator, places: Places | None) -> list[list[Sample]]:
        prefix, logits = self._read(prompts)
        branches = len(prompts) * count
        logits = logits.repeat_interleave(count, dim=0)
        lengths = prefix.lengths.repeat_interleave(count)
        own = self._buffers(branches)
        tokens = torch.full((branches, self.reply_tokens), self.end_token, device=logits.device)
        logprobs = torch.zeros(branches, self.reply_tokens, device=logits.device)
        going = torch.arange(branches, device=logits.device)
        for step in range(self.reply_tokens):
            drawn, logprobs[going, step] = self._draw(logits, generator, places and places.allowed())
            tokens[going, step] = drawn
            if places:
                places.advance(drawn)
            if step % CHECK_EVERY == 0:
                open_prompts = (tokens[going, : step + 1] != self.end_token).all(dim=1).view(-1, count).any(dim=1)
                if not open_prompts.any():
                    break
                if not open_prompts.all():
                    kept = open_prompts.repeat_interleave(count)
                    prefix, going, drawn = prefix.only(open_prompts), going[kept], drawn[kept]
                    own = [(keys[kept], values[kept]) for keys, values in own]
                    if places:
                        places.keep(kept)
            if step + 1 < self.reply_tokens:
                logits = self._step(drawn, lengths[going] + step, prefix, own, step)
        return _cut(tokens[:, : step + 1], logprobs[:, : step + 1], self.end_token, count)

    def _read(self, prompts) -> tuple[_Prefix, Tensor]:
        """Prefill: prompts padded on the right, so that plain causal attention is right; logits at their ends."""
        device = self.model.device
        length = max(map(len, prompts))
        table = torch.zeros(len(prompts), length, dtype=torch.long)
        for line, prompt in zip(table, prompts, strict=True):
            line[: len(prompt)] = torch.as_tensor(prompt)
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
        cache = DynamicCache(config=self.model.config)
        hidden = self.model.model(input_ids=table.to(device), past_key_values=cache, use_cache=True).last_hidden_state
        last = hidden[torch.arange(len(prompts), device=device), lengths - 1]
        real = torch.arange(length, device=device)[None, :] < lengths[:, None]
        padding = torch.zeros(real.shape, device=device).masked_fill(~real, -torch.inf)[:, None, None, :]
        prefix = _Prefix([layer.keys for layer in cache.layers], [layer.values for layer in cache.layers], lengths,
                         padding)
        return prefix, self.model.lm_head(last)

    def _buffers(self, branches: int) -> list[tuple[Tensor, Tensor]]:
        """Keys and values of the replies, one pair a layer: (branches, kv heads, reply tokens, head size)."""
        config = self.model.config
        shape = (branches, config.num_key_value_heads, self.reply_tokens, config.head_dim)
        return [(torch.empty(shape, device=self.model.device), torch.empty(shape, device=self.model.device))
                for _ in range(config.num_hidden_layers)]

    def _draw(self, logits: Tensor, generator: torch.Generator, allowed: Tensor | None) -> tuple[Tensor, Tensor]:
        """One token a branch and its log-probability: the first arrival among exponential clocks of rate p."""
        logprobs = torch.log_softmax(masked(logits.float() / self.temperature, allowed), dim=-1)
        clocks = torch.empty_like(logprobs).exponential_(generator=generator)
        tokens = (logprobs - clocks.log()).argmax(dim=-1)
        return tokens, logprobs.gather(1, tokens[:, None])[:, 0]

    def _step(self, tokens: Tensor, positions: Tensor, prefix: _Prefix, own, step: int) -> Tensor:
        """Logits after one more token a branch. Shapes: (branches, 1, hidden) between layers."""
        core = self.model.model
        x = core.embed_tokens(tokens)[:, None]
        rotary = core.rotary_emb(x, positions[:, None])
        for layer, keys, values, buffers in zip(core.layers, prefix.keys, prefix.values, own, strict=True):
            inner = self._attend(layer.self_attn, _norm(layer.input_layernorm, x), rotary, keys, values,
                                 prefix.padding, buffers, step)
            x = x + layer.self_attn.o_proj(inner)
            x = x + layer.mlp(_norm(layer.post_attention_layernorm, x))
        return self.model.lm_head(_norm(core.norm, x)[:, 0])

    @staticmethod
    def _attend(attention: nn.Module, x: Tensor, rotary, keys: Tensor, values: Tensor, padding: Tensor,
                buffers: tuple[Tensor, Tensor], step: int) -> Tensor:
        """One query a branch against its prompt (shared by several branches) and its own reply so far."""
        branches, (prompts, heads, _, size) = len(x), keys.shape
        query = _norm(attention.q_norm, attention.q_proj(x).view(branches, 1, -1, size)).transpose(1, 2)
        key = _norm(attention.k_norm, attention.k_proj(x).view(branches, 1, heads, size)).transpose(1, 2)
        query, key = apply_rotary_pos_emb(query, key, *rotary)
        buffers[0][:, :, step] = key[:, :, 0]
        buffers[1][:, :, step] = attention.v_proj(x).view(branches, heads, size)
        own_keys, own_values = buffers[0][:, :, : step + 1], buffers[1][:, :, : step + 1]
        query = query.view(branches, heads, -1, size) * attention.scaling  # the query heads of each kv head
        shared = _by_branch(_by_prompt(query, prompts) @ keys.mT + padding, branches)
        weights = torch.cat([shared, query @ own_keys.mT], dim=-1).float().softmax(dim=-1)
        first, second = weights.split([keys.shape[2], step + 1], dim=-1)
        inner = _by_branch(_by_prompt(first, prompts) @ values, branches) + second @ own_values
        return inner.reshape(branches, 1, -1)


def _by_prompt(x: Tensor, prompts: int) -> Tensor:
    """(branches, heads, ratio, size) to (prompts, heads, branches of the prompt x ratio, size)."""
    branches, heads, ratio, size = x.shape
    return x.reshape(prompts, -1, heads, ratio, size).transpose(1, 2).reshape(prompts, heads, -1, size)


def _by_branch(x: Tensor, branches: int) -> Tensor:
    """The inverse of _by_prompt."""
    prompts, heads, rows, size = x.shape
    count = branches // prompts
    return x.reshape(prompts, heads, count, rows // count, size).transpose(1, 2).reshape(branches, heads, -1, size)


def _norm(module: nn.Module, x: Tensor) -> Tensor:
    return F.rms_norm(x, (x.shape[-1],), module.weight, module.variance_epsilon)


def reply_length(line: list[int], end_token: int) -> int:
    """Tokens of a reply, up to and with its first end token."""
    return line.index(end_token) + 1 if end_token in line else len(line)


def _cut(tokens: Tensor, logprobs: Tensor, end_token: int, count: int) -> list[list[Sample]]:
    """Replies up to and with their first end token, ``count`` in a group."""
    samples = []
    for line, chances in zip(tokens.tolist(), logprobs.tolist(), strict=True):
        size = reply_length(line, end_token)
        samples.append(Sample(tuple(line[:size]), tuple(chances[:size])))
    return [samples[start:start + count] for start in range(0, len(samples), count)]
