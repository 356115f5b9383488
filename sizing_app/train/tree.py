"""Prompts that share a beginning, computed once: several (prompt, reply) pairs packed in one row of tokens.

The prompts of a trajectory's turns begin alike, and the replies of a group have one prompt in common. A row is a trunk
(the longest prompt) followed by branches; each branch is what its pair does not share with the trunk, and sees the
trunk up to where it left it, and itself. Supervised training packs a trajectory a row, TL-GRPO a group a row; the
log-probabilities are those of each pair alone (tests/test_train.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

Tokens = Sequence[int]
TRUNK, PADDING = 0, -1


@dataclass(frozen=True)
class Row:
    """One packed row, int32 arrays of shape (length,)."""

    tokens: np.ndarray
    positions: np.ndarray
    branches: np.ndarray
    """TRUNK, or the number of the pair from 1."""
    seen: np.ndarray
    """How many tokens of the trunk a token may see (those of the trunk are causal anyway)."""
    targets: np.ndarray
    """1 where the token belongs to a reply and is to be predicted."""

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Batch:
    """Padded rows on the device, tensors of shape (rows, length)."""

    tokens: Tensor
    positions: Tensor
    branches: Tensor
    seen: Tensor
    targets: Tensor

    def mask(self) -> Tensor:
        """Which token (axis 2) sees which (axis 3): bool, shape (rows, 1, length, length)."""
        order = torch.arange(self.tokens.shape[1], device=self.tokens.device)
        causal = order[None, None, :] <= order[None, :, None]
        own = self.branches[:, :, None] == self.branches[:, None, :]
        trunk = (self.branches == TRUNK)[:, None, :] & (order[None, None, :] < self.seen[:, :, None])
        return (causal & (own | trunk))[:, None]


def pack(pairs: Sequence[tuple[Tokens, Tokens]]) -> Row:
    """A row of (prompt, reply) pairs. A branch starts with its prompt's last token at the latest, which predicts the
    first token of the reply."""
    trunk = np.asarray(max((prompt for prompt, _ in pairs), key=len), dtype=np.int32)
    shared = [min(_common(trunk, prompt), len(prompt) - 1) for prompt, _ in pairs]
    trunk = trunk[: max(shared)]
    parts = [(trunk, np.arange(len(trunk)), TRUNK, len(trunk), 0)]
    for number, ((prompt, reply), start) in enumerate(zip(pairs, shared, strict=True), 1):
        tokens = np.concatenate([np.asarray(prompt[start:], dtype=np.int32), np.asarray(reply, dtype=np.int32)])
        parts.append((tokens, start + np.arange(len(tokens)), number, start, len(reply)))
    return Row(tokens=np.concatenate([part[0] for part in parts]),
               positions=np.concatenate([part[1] for part in parts]).astype(np.int32),
               branches=_repeat(parts, 2), seen=_repeat(parts, 3),
               targets=np.concatenate([_last(len(part[0]), part[4]) for part in parts]))


def collate(rows: Sequence[Row], device: torch.device) -> Batch:
    """Rows padded on the right to the longest one."""
    length = max(map(len, rows))

    def padded(name: str, fill: int) -> Tensor:
        table = np.full((len(rows), length), fill, dtype=np.int32)
        for line, row in zip(table, rows, strict=True):
            line[: len(row)] = getattr(row, name)
        return torch.from_numpy(table).to(device, non_blocking=True)

    return Batch(padded("tokens", 0), padded("positions", 0), padded("branches", PADDING), padded("seen", 0),
                 padded("targets", 0).bool())


def micro_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices of rows in batches of at most ``budget`` padded tokens (or one row), longest first."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def reply_logprobs(model: nn.Module, batch: Batch, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """Log-probability of every reply token and the entropy (nats, no gradient) of the distribution it was drawn from.

    Both flat: row after row, in a row reply after reply. Only these positions go through the output layer.
    """
    hidden = model.model(input_ids=batch.tokens, attention_mask=batch.mask(), position_ids=batch.positions,
                         use_cache=False).last_hidden_state
    before = hidden[:, :-1][batch.targets[:, 1:]]
    logits = model.lm_head(before).float() / temperature
    logprobs = torch.log_softmax(logits, dim=-1)
    chosen = logprobs.gather(1, batch.tokens[batch.targets].long()[:, None])[:, 0]
    with torch.no_grad():
        entropy = -(logprobs.exp() * logprobs).sum(dim=-1)
    return chosen, entropy


def _common(first: np.ndarray, second: Tokens) -> int:
    """Length of the common beginning."""
    size = min(len(first), len(second))
    different = np.flatnonzero(first[:size] != np.asarray(second[:size], dtype=np.int32))
    return int(different[0]) if len(different) else size


def _repeat(parts: list, place: int) -> np.ndarray:
    return np.concatenate([np.full(len(part[0]), part[place], dtype=np.int32) for part in parts])


def _last(length: int, count: int) -> np.ndarray:
    """``length`` numbers, the last ``count`` of them 1."""
    marks = np.zeros(length, dtype=np.int32)
    marks[length - count:] = 1
    return marks
