"""Lessons as token ids: read, tokenize, split into training and validation."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from sizing_app.prompt.compact import REPLY, TURN
from sizing_app.train.queries import PAIR

Pairs = list[tuple[np.ndarray, np.ndarray]]
"""(prompt, reply) of every turn of a trajectory, int32 token ids."""

_BLOCKS = re.compile(f"(?={re.escape(TURN)}|{re.escape(REPLY)})")
_CHUNK = 512


@dataclass(frozen=True)
class Lessons:
    training: list[Pairs]
    validation: list[Pairs]

    @property
    def reply_tokens(self) -> int:
        return sum(len(reply) for pairs in self.training for _, reply in pairs)


def load_lessons(paths: Sequence[Path], tokenizer: Tokenizer, validation: int) -> Lessons:
    """All trajectories of the files; ``validation`` of them, spread over all files, are held out."""
    return Lessons(*split([pairs for path in paths for pairs in tokenize(read_trajectories(path), tokenizer)],
                          validation))


def split(items: Sequence, held_out: int) -> tuple[list, list]:
    """The items without, and those in ``held_out`` places, that are spread evenly over all.

    Items come in pairs that differ in their targets alone (queries.py), so whole pairs are held out, at most half of
    them: one item more than asked for where that number is odd.
    """
    pairs = in_pairs(items)
    chosen = set(np.linspace(0, max(0, len(pairs) - 1), min(-(-held_out // PAIR), len(pairs) // 2), dtype=int).tolist())
    return ([item for place, pair in enumerate(pairs) if place not in chosen for item in pair],
            [item for place, pair in enumerate(pairs) if place in chosen for item in pair])


def alternate(queries: Iterable[Sequence], counts: Sequence[int]) -> list[list]:
    """For each of ``counts`` so many queries, pairs of each circuit in turn; no pair is in two of the parts. Raises
    ValueError where there are too few."""
    pairs = iter([pair for place in zip_longest(*map(in_pairs, queries), fillvalue=()) for pair in place])
    parts = [list(chain.from_iterable(islice(pairs, -(-count // PAIR))))[:count] for count in counts]
    if [len(part) for part in parts] != list(counts):
        raise ValueError(f"{' and '.join(map(str, counts))} queries of whole pairs are asked for, and the files hold "
                         "fewer")
    return parts


def in_pairs(items: Sequence) -> list[Sequence]:
    """Two by two, as they were drawn."""
    return [items[first:first + PAIR] for first in range(0, len(items), PAIR)]


def read_trajectories(path: Path) -> Iterator[list[dict[str, str]]]:
    """The turns of each trajectory: {"prompt", "reply"}, as imagine.write_lessons writes them."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["turns"]


def sample_texts(paths: Sequence[Path], count: int = 2000) -> list[str]:
    """Prompts with replies, of ``count`` trajectories a file: what a tokenizer is learned from."""
    return [turn["prompt"] + turn["reply"] for path in paths for turns in islice(read_trajectories(path), count)
            for turn in turns]


def tokenize(trajectories: Iterable[list[dict[str, str]]], tokenizer: Tokenizer) -> Iterator[Pairs]:
    """Token ids of prompts and replies.

    The prompts of a trajectory repeat each other. They are cut where a role token starts, each piece is tokenized once:
    no token crosses a role token.
    """
    trajectories = iter(trajectories)
    while chunk := list(islice(trajectories, _CHUNK)):
        pieces = {piece for turns in chunk for turn in turns for piece in _BLOCKS.split(turn["prompt"])}
        ordered = sorted(pieces | {turn["reply"] for turns in chunk for turn in turns})
        encodings = tokenizer.encode_batch_fast(ordered, add_special_tokens=False)
        ids = {text: np.array(encoding.ids, dtype=np.int32) for text, encoding in zip(ordered, encodings, strict=True)}
        for turns in chunk:
            yield [(np.concatenate([ids[piece] for piece in _BLOCKS.split(turn["prompt"])]), ids[turn["reply"]])
                   for turn in turns]


def batch_of(step: int, size: int, count: int, seed: int) -> list[int]:
    """Indices of the step's examples: every epoch is a new permutation of ``count``, drawn from the seed."""
    chosen: list[int] = []
    for place in range(step * size, (step + 1) * size):
        epoch, offset = divmod(place, count)
        if not chosen or offset == 0:
            order = np.random.default_rng((seed, epoch)).permutation(count)
        chosen.append(int(order[offset]))
    return chosen
