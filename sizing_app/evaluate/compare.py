"""Algorithms and ablations at equal cost: ``python -m sizing_app compare``.

Each variant is trained from one checkpoint with the same number of turn-level rollouts, once a seed. What comes out
(the mean weights at the end, none are chosen) plays validation queries, or test queries for a report, none of which
training uses, by train/rollout.py: play (docs/training.md says what it shares with the app), at the app's temperature.
OUT/VARIANT-SEED is a run, OUT/results.csv has every query, OUT/summary.md the table, with intervals over runs and
queries. The same command goes on where it was cut.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from sizing_app.circuit.folder import TEST, VALIDATION, load_circuit
from sizing_app.evaluate.fingerprint import fingerprint
from sizing_app.evaluate.intervals import interval_of_lead, pooled
from sizing_app.evaluate.report import (REWARD, REWARD_DIFFERENCE, SHARE, SHARE_DIFFERENCE, Form,
                                        mean_with_interval, with_interval)
from sizing_app.evaluate.results import EvaluationError, Result, ResultFiles
from sizing_app.evaluate.runner import Job, rows
from sizing_app.evaluate.suites import load_queries
from sizing_app.evaluate.validate import play_once
from sizing_app.policy.card import prompt_of
from sizing_app.simulator import SimulatorPool
from sizing_app.task.advantage import PLAY_TEMPERATURE
from sizing_app.train.command import main as train
from sizing_app.train.algorithms import SINGLE_TURN
from sizing_app.train.config import RLConfig
from sizing_app.train.export import load_model
from sizing_app.train.queries import BUDGET
from sizing_app.train.trainer import load_mean

ALONE = "--no-family"
VARIANTS = {"tl-grpo": ("tl-grpo", ALONE), "trajectory-grpo": ("trajectory-grpo", ALONE),
            "single-turn-grpo": (SINGLE_TURN, ALONE), "gtpo": ("gtpo", ALONE),
            "group-4": ("tl-grpo", ALONE, "--group", "4"), "group-16": ("tl-grpo", ALONE, "--group", "16"),
            "clip-0.2": ("tl-grpo", ALONE, "--clip-high", "0.2"),
            "no-division": ("tl-grpo", ALONE, "--divide-by", "none"),
            "floor": ("tl-grpo", ALONE, "--divide-by", "floor"), "by-mean": ("tl-grpo", ALONE, "--divide-by", "mean"),
            "latest-only": ("tl-grpo", ALONE, "--latest-only"),
            "credit-design": ("tl-grpo", ALONE, "--credit-design"), "cool": ("tl-grpo", ALONE, "--temperature", "0.6"),
            "bonus-1": ("tl-grpo", ALONE, "--bonus", "1"), "family": ("tl-grpo",)}
"""Name to the stage of training and its options."""
BATCH = 8
"""Queries of a step."""
START = "start"
"""The checkpoint that all begin with, as one more row."""
SUITES = ("standard", "tight", "shifted")
"""Those of the queries that are played."""
TABLES = {", ".join(SUITES): SUITES, **{name: (name,) for name in SUITES}}
"""What is shown, title to suites: all together, then each by itself."""


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    try:
        files = ResultFiles(options.out, settings_of(options))
    except EvaluationError as error:
        print(f"sizing_app.evaluate.compare: {error}", file=sys.stderr)
        return 2
    with SimulatorPool(options.workers) as simulator:
        variants = options.variants.split(",")
        for seed, name in [(0, START), *product(map(int, options.seeds.split(",")), variants)]:
            if jobs := waiting(name, seed, options, files):
                if name != START and (status := train(training(name, seed, options))):
                    return status
                examine(name, seed, jobs, options, files, simulator)
                (options.out / "summary.md").write_text(table(files.results, variants))
    text = table(files.results, variants)
    (options.out / "summary.md").write_text(text)
    print(text, end="")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sizing compare", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/compare"), metavar="FOLDER")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="FOLDER", help="what the data stage wrote")
    parser.add_argument("--start", type=Path, default=Path("models/sft"), metavar="FOLDER", help="where all begin")
    parser.add_argument("--circuits", default="MILLER,OTA", help="to train on, names with commas")
    parser.add_argument("--variants", default=",".join(VARIANTS), help=f"of {', '.join(VARIANTS)}; the first one is "
                        "what the others are compared with")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--rollouts", type=int, default=6400, metavar="N", help="turn-level rollouts of each (6400)")
    parser.add_argument("--learning-rate", type=float, default=RLConfig.learning_rate, metavar="R")
    parser.add_argument("--temperature", type=float, default=PLAY_TEMPERATURE, metavar="T",
                        help=f"at which they play ({PLAY_TEMPERATURE}, as checkpoints do in the app)")
    parser.add_argument("--split", default=VALIDATION, choices=(TEST, VALIDATION), help="queries that are played: "
                        "validation to choose, test to report")
    parser.add_argument("--queries", type=int, default=20, metavar="N", help="of each circuit and suite (20)")
    parser.add_argument("--workers", type=int, default=None, help="simulator processes (default: one a core)")
    options = parser.parse_args(arguments)
    if unknown := set(options.variants.split(",")) - set(VARIANTS):
        parser.error(f"unknown variant {', '.join(sorted(unknown))}: choose of {', '.join(VARIANTS)}")
    return options


def settings_of(options: argparse.Namespace) -> dict[str, object]:
    """What all rows share. A start that was trained anew, and queries or circuits that were changed, are others."""
    start = options.start
    marks = {f"fingerprint of {name}, {suite},": fingerprint(load_circuit(name), suite, options.split, start.name,
                                                             start.parent)
             for name, suite in product(options.circuits.split(","), SUITES)}
    return {"start": str(start), "circuits": options.circuits, "rollouts": options.rollouts,
            "learning_rate": options.learning_rate, "temperature": options.temperature, "split": options.split,
            **marks}


def training(name: str, seed: int, options: argparse.Namespace) -> list[str]:
    """Arguments of ``python -m sizing_app train`` for one run."""
    given = {"--out": run_folder(name, seed, options), "--data": options.data, "--start": options.start,
             "--circuits": options.circuits, "--preset": "tiny", "--seed": seed, "--rollouts": options.rollouts,
             "--rl-steps": options.rollouts, "--learning-rate": options.learning_rate, "--validation": 0,
             "--batch": BATCH}
    return [*VARIANTS[name], *(str(word) for pair in given.items() for word in pair)]


def run_folder(name: str, seed: int, options: argparse.Namespace) -> Path:
    return options.out / f"{name}-{seed}"


def waiting(name: str, seed: int, options: argparse.Namespace, files: ResultFiles) -> list[Job]:
    """Queries that a run has not played yet. It is trained only if there are some."""
    done = {result.key for result in files.results}
    return [job for job in jobs_of(f"{name}/{seed}", options) if job.key not in done]


def examine(name: str, seed: int, jobs: Sequence[Job], options: argparse.Namespace, files: ResultFiles,
            simulator: SimulatorPool) -> None:
    """Play queries with the mean weights of a run."""
    variant = VARIANTS.get(name, ())
    model, tokenizer = load_model(options.start)
    if variant:
        load_mean(run_folder(name, seed, options) / f"{variant[0]}.pt", model)
    latest_only = "--latest-only" in variant or SINGLE_TURN in variant
    started, own = time.perf_counter(), time.thread_time()
    histories = play_once(model, tokenizer, [job.query.task(job.circuit, BUDGET) for job in jobs], simulator,
                          options.temperature, latest_only, prompt_of(options.start), seed)
    seconds, own = (time.perf_counter() - started) / len(jobs), (time.thread_time() - own) / len(jobs)
    for job, history in zip(jobs, histories, strict=True):
        files.append(*rows(job, history, seconds, own))
    files.sort()


def jobs_of(policy: str, options: argparse.Namespace) -> list[Job]:
    """What a run plays."""
    circuits = [load_circuit(name) for name in options.circuits.split(",")]
    return [Job(circuit, suite, number, query, policy) for suite, circuit in product(SUITES, circuits)
            for number, query in enumerate(load_queries(circuit, suite, options.split)[:options.queries])]


def table(results: Sequence[Result], variants: Sequence[str]) -> str:
    """Markdown: a row a variant, for each suite the mean best reward and the share of queries with all specs met.

    Means over circuits, queries and runs, with 95% intervals over runs and queries (intervals.py), and from the lowest
    to the highest run; then how far the first variant is ahead.
    """
    trained = {row.policy.rpartition("/")[0] for row in results}
    names = [name for name in (*variants, START) if name in trained]
    first = names[0]
    lines = []
    for title, suites in TABLES.items():
        lines += [f"**{title}**", "", "| | seeds | mean best reward | lowest and highest seed | all specs met | "
                  f"{first} minus: mean best reward | all specs met |", f"|{' --- |' * 7}"]
        strata, played = by_seed(results, names, suites)
        for name in names:
            best, passed = played[name]
            seeds = [pooled(run, strata) for run in best]
            cells = [len(seeds), _mean(best, strata, REWARD), f"{min(seeds):.3f}, {max(seeds):.3f}",
                     _mean(passed, strata, SHARE)]
            cells += ["-", "-"] if name == first else [_lead(played[first][0], best, strata, REWARD_DIFFERENCE),
                                                       _lead(played[first][1], passed, strata, SHARE_DIFFERENCE)]
            lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
        lines.append("")
    return "\n".join(lines)


def by_seed(results: Sequence[Result], names: Sequence[str],
            suites: Sequence[str]) -> tuple[list[str], dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Of the queries that all runs played in all ``suites``: the circuit of each; for each variant best rewards and
    shares with all specs met, both of shape (runs, queries).

    Queries of one number are made from one witness, so they are one draw: their mean over the suites counts.
    """
    runs: dict[str, dict[str, dict[tuple, Result]]] = {name: {} for name in names}
    for row in results:
        name = row.policy.rpartition("/")[0]
        if row.suite in suites and name in runs:
            runs[name].setdefault(row.policy, {})[row.suite, row.circuit, row.query] = row
    common = set.intersection(*(set(run) for found in runs.values() for run in found.values()))
    draws = sorted({key[1:] for key in common})
    every = {draw: [key for suite in suites if (key := (suite, *draw)) in common] for draw in draws}
    draws = [draw for draw in draws if len(every[draw]) == len(suites)]
    return [circuit for circuit, _ in draws], {
        name: tuple(np.array([[np.mean([getattr(run[key], value) for key in every[draw]]) for draw in draws]
                              for run in found.values()])
                    for value in ("best_reward", "passed")) for name, found in runs.items()}


def _mean(values: np.ndarray, strata: Sequence[str], form: Form) -> str:
    return mean_with_interval(values, form, strata, resample_circuits=False)


def _lead(first: np.ndarray, other: np.ndarray, strata: Sequence[str], form: Form) -> str:
    return with_interval(pooled(first, strata) - pooled(other, strata), interval_of_lead(first, other, strata), form)
