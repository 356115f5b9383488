"""The tokenizer of the small checkpoints: byte-level BPE under the tokens that vocabulary.added_tokens names.

It follows Qwen2 (its pre-tokenizer, no normalizer, no post-processor): Hugging Face, vLLM and llama.cpp agree on that.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.compact import END, PAD, SPECIAL_TOKENS
from sizing_app.prompt.values import NUMBER
from sizing_app.prompt.vocabulary import added_tokens, check_overlaps

QWEN2_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
                 r"\s*[\r\n]+|\s+(?!\S)|\s+")
_MARGIN = re.compile(r" ([+-]?)(\d+)%")
_POSITION = re.compile(r' "(\d+)%"')


def build_tokenizer(circuits: Iterable[Circuit], texts: Iterable[str], version: str, merges: int = 512) -> Tokenizer:
    """Learn at most ``merges`` word pieces from ``texts``, prompts and replies of a version; the circuits give
    everything else."""
    added = added_tokens(circuits, version)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2_PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=256 + merges, min_frequency=2, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(_between(texts, added), trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in added
                          if token not in SPECIAL_TOKENS])
    return tokenizer


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """Read a checkpoint's tokenizer and check that every engine will agree on it."""
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    check_overlaps(token.content for token in tokenizer.get_added_tokens_decoder().values())
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: str | Path) -> None:
    """Write tokenizer.json and the tokenizer_config.json that transformers and vLLM want."""
    folder = Path(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "pad_token": PAD, "bos_token": None,
              "add_bos_token": False, "add_eos_token": False, "clean_up_tokenization_spaces": False,
              "model_max_length": 2048}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def token_values(tokenizer: Tokenizer) -> dict[int, tuple[str, float]]:
    """Token id to (kind, value) for every token that is a number, so that embeddings can start smooth in the value.

    Kinds: ``number`` (what a value begins with, before its suffix or unit), ``position`` (of a parameter in its range),
    and for margins, in percent, ``met``, ``failed`` and ``percent`` (without a sign, as a sentence has it).
    """
    values = {}
    for index, token in tokenizer.get_added_tokens_decoder().items():
        if place := _POSITION.fullmatch(token.content):
            values[index] = ("position", float(place.group(1)))
        elif margin := _MARGIN.fullmatch(token.content):
            kind = {"+": "met", "-": "failed", "": "percent"}[margin.group(1)]
            values[index] = (kind, float(margin.group(2)))
        elif NUMBER.fullmatch(token.content):
            values[index] = ("number", float(token.content))
    return values


def _between(texts: Iterable[str], added: list[str]) -> Iterator[str]:
    """The stretches of ``texts`` that hold no added token: what is left to learn."""
    pattern = re.compile("|".join(re.escape(token) for token in sorted(added, key=len, reverse=True)))
    for text in texts:
        yield from filter(None, pattern.split(text))
