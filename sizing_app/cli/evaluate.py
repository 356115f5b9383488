"""``evaluate``: policies on the queries of a suite, into a folder of tables and a picture; --react: first designs;
--causal: sessions with something changed; --corners: sizing over all corners."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuits, suite_names
from sizing_app.cli.parser import SUITES
from sizing_app.cli.progress import Progress
from sizing_app.cli.values import UsageError, print_json, read_count, read_names, read_settings
from sizing_app.errors import PolicyError
from sizing_app.evaluate import causal, over_corners
from sizing_app.evaluate.defaults import measured
from sizing_app.evaluate.fingerprint import fingerprint
from sizing_app.evaluate.react import SUITE, react, table
from sizing_app.evaluate.report import draw_curves, summarize, summary
from sizing_app.evaluate.results import EvaluationError, Result, ResultFiles, timeouts
from sizing_app.evaluate.runner import Job, evaluate
from sizing_app.evaluate.suites import Query, SuiteError, load_queries
from sizing_app.evaluate.method_tables import at_budgets, lead, methods_by_circuits
from sizing_app.policy import POLICIES, PolicySettings, can_size, close_engines, make_policy
from sizing_app.policy.default import write_table
from sizing_app.session.events import Event
from sizing_app.simulator import make_simulator
from sizing_app.store import SessionStore
from sizing_app.store.catalog import open_catalog
from sizing_app.store.bulk import WholeSession
from sizing_app.task.validation import SESSION_BUDGET

LANGUAGE_MODELS = ("checkpoint", "chat")
"""Kinds of policies that --causal is for."""
KINDS = ("constant", "stored", "search")
"""Kinds of policies that stand beside any other: what reads no targets, what knows the circuit, optimizers."""
IMPOSSIBLE = ", impossible"
"""What rows of targets that no design meets have after the name of their suite."""


def run(args: argparse.Namespace) -> int:
    if args.react:
        return _react(args)
    if args.causal:
        return _causal(args)
    if args.corners:
        return _corners(args)
    policies = policy_names(args.policies)
    budget = read_count(args.budget, "--budget", 1, SESSION_BUDGET)
    if args.defaults and args.split != "validation":
        raise UsageError("--defaults: policies are chosen by queries of --split validation alone")
    threads = read_count(args.threads, "--threads", 1, 256) if args.threads else None
    settings = read_settings(args)
    out = Path(args.out)
    try:
        with open_catalog(args.database) as known:
            jobs = read_jobs(args, known, policies, settings)
            makers = {name: make_policy(name, settings) for name in sorted({job.policy for job in jobs})}
            files = ResultFiles(out, {"budget": budget, "split": args.split, "temperature": settings.temperature,
                                      "model": settings.model})
            dropped = files.drop(outdated(known, settings, args.split))
        if dropped:
            print(f"{dropped} rows of {out} are of another model, circuit or suite: left out", file=sys.stderr)
        with make_simulator(args.simulator) as simulator, keeper(args.traces) as keep:
            evaluate(jobs, makers, simulator, budget, files, threads or simulator.seats, Progress("sessions"), keep)
    except EvaluationError as error:
        raise PolicyError(f"{error} (finished queries stay in {out}; the same command goes on)") from error
    finally:
        close_engines()
    held_out = {name for name, circuit in load_circuits().items() if circuit.held_out}
    text = "\n".join([methods_by_circuits(files.results, policies, held_out), lead(files.results, policies, held_out),
                      at_budgets(files.turns, files.results, policies, budget), summary(files.results, policies),
                      f"Timeouts: {timeouts(files.turns)} of {len(files.turns):,} turns.\n"])
    (out / "summary.md").write_text(text)
    if args.defaults:
        write_table(Path(args.defaults), measured(files.results, budget))
    if files.turns:
        draw_curves(files.turns, budget, out / "curves.png", policies)
    if args.json:
        print_json({"out": str(out), "summary": [asdict(row) for row in summarize(files.results, policies)],
                    "timeouts": timeouts(files.turns)})
    else:
        print(text, end="")
    return 0


def policy_names(text: str) -> list[str]:
    """Names of policies; a kind stands for all that are of it."""
    kinds = {kind: [name for name, entry in POLICIES.items() if entry.kind == kind] for kind in KINDS}
    named = read_names(text, (*POLICIES, *KINDS), "policy")
    return list(dict.fromkeys(name for word in named for name in kinds.get(word, [word])))


def outdated(circuits: Mapping[str, Circuit], settings: PolicySettings, split: str) -> Callable[[Result], bool]:
    """Whether a row is of another model, circuit or suite than those that are here."""
    present = cache(lambda name, suite, policy: fingerprint(circuits[name], suite, split, policy, settings.models))
    return lambda row: row.circuit not in circuits or row.fingerprint != present(
        row.circuit, row.suite.removesuffix(IMPOSSIBLE), row.policy)


@contextmanager
def keeper(url: str | None) -> Iterator[Callable[[Job, Sequence[Event]], None] | None]:
    """What stores every session, under its suite as source, so that the Models page leads to it."""
    if url is None:
        yield None
        return
    with closing(SessionStore(url)) as store:
        yield lambda job, events: store.insert([WholeSession(events, job.suite)])


def read_jobs(args: argparse.Namespace, known: Mapping[str, Circuit], policies: list[str],
              settings: PolicySettings) -> list[Job]:
    """Every query of the chosen circuits and suites for every policy, policies in turn on each circuit and suite.

    Each circuit plays those of the suites that it has; one that is named must have some. A trained policy sizes the
    circuits that it can read, and no other.
    """
    every = {suite for circuit in known.values() for suite in suite_names(circuit, args.split)}
    suites = read_names(args.suite, sorted(every | set(SUITES)), "suite")
    names = read_names(args.circuits, known, "circuit") if args.circuits else list(known)
    jobs = []
    for name in names:
        has = suite_names(known[name], args.split)
        own = [suite for suite in suites if suite in has]
        if args.circuits and not own:
            raise UsageError(f"{name} has no {args.split} queries of {', '.join(suites)}: it has "
                             f"{', '.join(has) or 'none'}")
        able = [policy for policy in policies if can_size(policy, known[name], settings)]
        for suite in own:
            queries = _queries(known[name], suite, args.split)
            count = read_count(args.queries, "--queries", 1, len(queries)) if args.queries else len(queries)
            marks = {policy: fingerprint(known[name], suite, args.split, policy, settings.models) for policy in able}
            if args.impossible:
                queries, suite = [query.impossible(known[name]) for query in queries], suite + IMPOSSIBLE
            jobs += [Job(known[name], suite, number, query, policy, marks[policy]) for policy in able
                     for number, query in enumerate(queries[:count])]
    if not jobs:
        raise UsageError(f"none of the policies {', '.join(policies)} can size {', '.join(names)}, or no circuit has "
                         f"{args.split} queries of {', '.join(suites)}")
    return jobs


def _queries(circuit: Circuit, suite: str, split: str) -> list[Query]:
    try:
        return load_queries(circuit, suite, split)
    except SuiteError as error:
        raise UsageError(str(error)) from error


def _react(args: argparse.Namespace) -> int:
    """The first designs of every policy on the chosen circuits, into react.md."""
    policies, settings = policy_names(args.policies), read_settings(args)
    with open_catalog(args.database) as known:
        names = read_names(args.circuits, known, "circuit") if args.circuits else \
            [name for name, circuit in known.items() if SUITE in suite_names(circuit, args.split)]
        jobs = [(known[name], policy) for name in names for policy in policies
                if _queries(known[name], SUITE, args.split) and can_size(policy, known[name], settings)]
    if not jobs:
        raise UsageError(f"no circuit has {args.split} queries of {SUITE} that one of {', '.join(policies)} can size")
    progress, rows = Progress("policies on circuits"), []
    try:
        with make_simulator(args.simulator) as simulator:
            for circuit, policy in jobs:
                rows.append(react(circuit, make_policy(policy, settings), simulator, args.split))
                progress(len(rows), len(jobs), f"{circuit.name} {policy}")
    finally:
        close_engines()
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "react.md").write_text(table(rows))
    if args.json:
        print_json([asdict(row) for row in rows])
    else:
        print(table(rows), end="")
    return 0


def _causal(args: argparse.Namespace) -> int:
    """Every query with and without each intervention, into the folder causal/ and causal.md."""
    policies, settings = policy_names(args.policies), read_settings(args)
    if others := [policy for policy in policies if POLICIES[policy].kind not in LANGUAGE_MODELS]:
        raise UsageError(f"--causal is for language models, not for {', '.join(others)}: name some with --policies")
    budget = read_count(args.budget, "--budget", 1, SESSION_BUDGET)
    out = Path(args.out)
    try:
        with open_catalog(args.database) as known:
            jobs = read_jobs(args, known, policies, settings)
            files = ResultFiles(out / "causal", {"budget": budget, "split": args.split,
                                                 "temperature": settings.temperature, "model": settings.model})
            same = outdated(known, settings, args.split)
            files.drop(lambda row: same(replace(row, policy=causal.policy_of(row.policy))))
        with make_simulator(args.simulator) as simulator:
            threads = read_count(args.threads, "--threads", 1, 256) if args.threads else simulator.seats
            for (_, _, policy), own in _groups(jobs).items():
                tasks = [job.query.task(job.circuit, budget) for job in own]
                makers = causal.variants(make_policy(policy, settings), tasks, simulator)
                varied = [replace(job, policy=name) for name in makers for job in own]
                evaluate(varied, makers, simulator, budget, files, threads, Progress("sessions"))
    except EvaluationError as error:
        raise PolicyError(f"{error} (finished queries stay in {out}; the same command goes on)") from error
    finally:
        close_engines()
    text = causal.table(files.results)
    (out / "causal.md").write_text(text)
    if args.json:
        print_json([asdict(row) for row in files.results])
    else:
        print(text, end="")
    return 0


def _corners(args: argparse.Namespace) -> int:
    """Every query sized over all corners, and checked over them afterwards, into corners.csv and corners.md."""
    policies, settings = policy_names(args.policies), read_settings(args)
    budget, out = read_count(args.budget, "--budget", 1, SESSION_BUDGET), Path(args.out)
    try:
        with open_catalog(args.database) as known, make_simulator(args.simulator) as simulator:
            jobs = read_jobs(args, known, policies, settings)
            makers = {name: make_policy(name, settings) for name in sorted({job.policy for job in jobs})}
            threads = read_count(args.threads, "--threads", 1, 256) if args.threads else simulator.seats
            rows = over_corners.size_both_ways(jobs, makers, simulator, args.split, budget, out, threads,
                                               Progress("sessions"))
    except EvaluationError as error:
        raise PolicyError(f"{error} (finished queries stay in {out}; the same command goes on)") from error
    finally:
        close_engines()
    (out / "corners.md").write_text(over_corners.table(rows))
    if args.json:
        print_json([asdict(row) for row in rows])
    else:
        print(over_corners.table(rows), end="")
    return 0


def _groups(jobs: Sequence[Job]) -> dict[tuple[str, str, str], list[Job]]:
    """Jobs by circuit, suite and policy."""
    groups: dict[tuple[str, str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.circuit.name, job.suite, job.policy), []).append(job)
    return groups
