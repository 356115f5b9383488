"""Prompts that share a beginning, computed once: several (prompt, reply) pairs packed in one row of tokens.

The prompts of a trajectory's turns begin alike, and the replies of a group have one prompt in common. A row is a trunk
(the longest prompt) followed by branches; each branch is what its pair does not share with the trunk, and sees the
trunk up to where it left it, and itself. Supervised training packs a trajectory a row, TL-GRPO a group a row; the
log-probabilities are those of each pair alone (tests/test_train.py).

A batch is one sequence, row after row without padding. Its attention is computed span by span, so that nothing is
computed that is masked: for a group of eight that is a third of the work of one masked square.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward

Tokens = Sequence[int]
IMPOSSIBLE = -1e9
"""A logit whose probability is 0 in float32."""
ATTENTION = "tree"
"""The name of ``attend`` in the transformers library, for a model's ``attn_implementation``."""


@dataclass(frozen=True)
class Row:
    """One packed row, int32 arrays of shape (length,)."""

    tokens: np.ndarray
    positions: np.ndarray
    targets: np.ndarray
    """1 where the token belongs to a reply and is to be predicted."""
    spans: tuple[tuple[int, int], ...]
    """Length of each span and how many tokens of the trunk it sees; the first one is the trunk."""

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Batch:
    """Rows one after another on the device, tensors of shape (1, tokens)."""

    tokens: Tensor
    positions: Tensor
    targets: Tensor
    rows: tuple[tuple[tuple[int, int], ...], ...]
    """The spans of each row."""


def pack(pairs: Sequence[tuple[Tokens, Tokens]]) -> Row:
    """A row of (prompt, reply) pairs. A branch starts with its prompt's last token at the latest, which predicts the
    first token of the reply."""
    trunk = np.asarray(max((prompt for prompt, _ in pairs), key=len), dtype=np.int32)
    shared = [min(_common(trunk, prompt), len(prompt) - 1) for prompt, _ in pairs]
    trunk = trunk[: max(shared)]
    parts = [(trunk, 0, 0)]
    for (prompt, reply), start in zip(pairs, shared, strict=True):
        tokens = np.concatenate([np.asarray(prompt[start:], dtype=np.int32), np.asarray(reply, dtype=np.int32)])
        parts.append((tokens, start, len(reply)))
    positions = [start + np.arange(len(tokens), dtype=np.int32) for tokens, start, _ in parts]
    return Row(tokens=np.concatenate([tokens for tokens, _, _ in parts]), positions=np.concatenate(positions),
               targets=np.concatenate([_last(len(tokens), count) for tokens, _, count in parts]),
               spans=tuple((len(tokens), start) for tokens, start, _ in parts))


def collate(rows: Sequence[Row], device: torch.device) -> Batch:
    def joined(name: str) -> Tensor:
        table = np.concatenate([getattr(row, name) for row in rows])[None]
        return torch.from_numpy(table).to(device, non_blocking=True)

    return Batch(joined("tokens"), joined("positions"), joined("targets").bool(), tuple(row.spans for row in rows))


def micro_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices of rows in batches of at most ``budget`` tokens (or one row)."""
    batch: list[int] = []
    for index, length in enumerate(lengths):
        if batch and sum(lengths[other] for other in batch) + length > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def attend(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask, scaling: float | None = None,
           rows: tuple | None = None, **others) -> tuple[Tensor, None]:
    """Attention of a Batch, whose ``rows`` take the place of the mask; without them, that of the transformers library.

    Query of shape (1, heads, tokens, head size), key and value with fewer heads; returns (1, tokens, heads, head size).
    """
    if rows is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **others)
    with torch.autocast(query.device.type, enabled=False):  # CPUs are slower with it in bfloat16
        return _attend_spans(module, query.float(), key.float(), value.float(), scaling, rows)


def _attend_spans(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, scaling: float | None,
                  rows: tuple) -> tuple[Tensor, None]:
    lengths = [length for row in rows for length, _ in row]
    key, value = (repeat_kv(table, module.num_key_value_groups) for table in (key, value))
    parts = zip(*(table.split(lengths, dim=2) for table in (query, key, value)), strict=True)
    found = []
    for row in rows:
        trunk = next(parts)
        found.append(F.scaled_dot_product_attention(*trunk, is_causal=True, scale=scaling) if row[0][0] else trunk[0])
        for (length, seen), (asked, *own) in zip(row[1:], parts, strict=False):
            visible = torch.ones(length, seen + length, dtype=torch.bool, device=query.device).tril(seen)
            keys, values = (torch.cat([shared[:, :, :seen], table], dim=2)
                            for shared, table in zip(trunk[1:], own, strict=True))
            found.append(F.scaled_dot_product_attention(asked, keys, values, visible, scale=scaling))
    return torch.cat(found, dim=2).transpose(1, 2).contiguous(), None


AttentionInterface.register(ATTENTION, attend)


def reply_logprobs(model: nn.Module, batch: Batch, temperature: float = 1.0,
                   allowed: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Log-probability of every reply token and the entropy (nats, no gradient) of the distribution it was drawn from.

    Both flat: row after row, in a row reply after reply. Only these positions go through the output layer.
    ``allowed``, bool of shape (reply tokens, vocabulary), says what each token was chosen from (form.py).
    """
    hidden = model.model(input_ids=batch.tokens, position_ids=batch.positions, rows=batch.rows,
                         use_cache=False).last_hidden_state
    before = hidden[:, :-1][batch.targets[:, 1:]]
    logits = masked(model.lm_head(before).float() / temperature, allowed)
    logprobs = torch.log_softmax(logits, dim=-1)
    chosen = logprobs.gather(1, batch.tokens[batch.targets].long()[:, None])[:, 0]
    with torch.no_grad():
        entropy = -(logprobs.exp() * logprobs).sum(dim=-1)
    return chosen, entropy


def masked(logits: Tensor, allowed: Tensor | None) -> Tensor:
    """Logits with next to no probability where ``allowed`` is false; finite, so that an entropy stays a number."""
    return logits if allowed is None else logits.masked_fill(~allowed, IMPOSSIBLE)


def _common(first: np.ndarray, second: Tokens) -> int:
    """Length of the common beginning."""
    size = min(len(first), len(second))
    different = np.flatnonzero(first[:size] != np.asarray(second[:size], dtype=np.int32))
    return int(different[0]) if len(different) else size


def _last(length: int, count: int) -> np.ndarray:
    """``length`` numbers, the last ``count`` of them 1."""
    marks = np.zeros(length, dtype=np.int32)
    marks[length - count:] = 1
    return marks
