"""One checkpoint of several runs: ``python -m sizing_app merge RUN1 RUN2 ... --out models/tl-grpo``.

Runs of one algorithm that began with the same checkpoint move its weights in directions that agree where the reward
says so, and differ by the noise of the few queries of each step. The mean of their weights keeps the first and loses
much of the second (model soups, Wortsman et al. 2022; of policies, Rame et al. 2024). Not in the paper. Each RUN is an
exported checkpoint.
"""

import argparse
import shlex
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import torch

from sizing_app.train.export import ExportError, export_model, load_model

SAME = ("base", "architecture", "algorithm", "prompt", "history", "temperature")
"""Entries of the cards that have to agree."""
SUMS = ("steps", "hours", "turn_level_rollouts")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sizing merge", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a folder with an exported checkpoint")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the mean goes")
    options = parser.parse_args(arguments)
    command = "python -m sizing_app merge " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    try:
        print(merge(options.runs, options.out, command))
    except (ExportError, OSError) as error:
        print(f"sizing_app.train.merge: {error}", file=sys.stderr)
        return 2
    return 0


def merge(runs: Sequence[Path], out: Path, command: str) -> Path:
    """Export the mean of the weights of ``runs``; raises ExportError where they do not belong together."""
    cards = [tomllib.loads((folder / "card.toml").read_text()) for folder in runs]
    parts = [load_model(folder) for folder in runs]
    model, tokenizer = parts[0]
    for folder, card, (part, its_tokenizer) in zip(runs, cards, parts, strict=True):
        differing = [name for name in SAME if card.get(name) != cards[0].get(name)]
        differing += ["vocabulary"] if its_tokenizer.to_str() != tokenizer.to_str() else []
        differing += ["shape"] if part.num_parameters() != model.num_parameters() else []
        if differing:
            raise ExportError(f"{folder} and {runs[0]} differ in {', '.join(differing)}: their mean means nothing")
    weights = [part.state_dict() for part, _ in parts]
    model.load_state_dict({name: torch.stack([each[name] for each in weights]).mean(dim=0) for name in weights[0]})
    return export_model(model, tokenizer, out, merged_card(cards, command))


def merged_card(cards: Sequence[dict], command: str) -> dict:
    """What the runs have in common, their sums, and the command of each."""
    common = {name: value for name, value in cards[0].items() if all(card.get(name) == value for card in cards)}
    sums = {name: round(sum(card[name] for card in cards), 3) for name in SUMS if name in cards[0]}
    circuits = list(dict.fromkeys(name for card in cards for name in card.get("circuits", ())))
    return {**common, **sums, "circuits": circuits,
            "family_members": max(card.get("family_members", 0) for card in cards), "command": command,
            "merged": [card["command"] for card in cards]}
