"""``evaluate``: policies on the held-out queries of a suite, into a folder of tables and a picture."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuits, suite_names
from sizing_app.cli.progress import Progress
from sizing_app.cli.values import UsageError, print_json, read_count, read_names, read_settings
from sizing_app.errors import PolicyError
from sizing_app.evaluate.fingerprint import fingerprint
from sizing_app.evaluate.report import draw_curves, summarize, summary
from sizing_app.evaluate.results import EvaluationError, Result, ResultFiles, timeouts
from sizing_app.evaluate.runner import Job, evaluate
from sizing_app.evaluate.suites import SuiteError, load_queries
from sizing_app.evaluate.method_tables import at_budgets, lead, methods_by_circuits
from sizing_app.policy import POLICIES, PolicySettings, can_size, close_engines, make_policy
from sizing_app.session.events import Event
from sizing_app.simulator import make_simulator
from sizing_app.store import SessionStore
from sizing_app.store.catalog import open_catalog
from sizing_app.store.bulk import WholeSession
from sizing_app.task.validation import SESSION_BUDGET


def run(args: argparse.Namespace) -> int:
    policies = read_names(args.policies, tuple(POLICIES), "policy")
    budget = read_count(args.budget, "--budget", 1, SESSION_BUDGET)
    threads = read_count(args.threads, "--threads", 1, 256) if args.threads else None
    settings = read_settings(args)
    out = Path(args.out)
    try:
        with open_catalog(args.database) as known:
            jobs = read_jobs(args, known, policies, settings)
            makers = {name: make_policy(name, settings) for name in sorted({job.policy for job in jobs})}
            files = ResultFiles(out, {"budget": budget, "temperature": settings.temperature, "model": settings.model})
            dropped = files.drop(outdated(known, settings))
        if dropped:
            print(f"{dropped} rows of {out} are of another model, circuit or suite: left out", file=sys.stderr)
        with make_simulator(args.simulator) as simulator:
            evaluate(jobs, makers, simulator, budget, files, threads or simulator.seats, Progress("sessions"),
                     keeper(args.traces))
    except EvaluationError as error:
        raise PolicyError(f"{error} (finished queries stay in {out}; the same command goes on)") from error
    finally:
        close_engines()
    held_out = {name for name, circuit in load_circuits().items() if circuit.held_out}
    text = "\n".join([methods_by_circuits(files.results, policies, held_out), lead(files.results, policies, held_out),
                      at_budgets(files.turns, files.results, policies, budget), summary(files.results, policies),
                      f"Timeouts: {timeouts(files.turns)} of {len(files.turns):,} turns.\n"])
    (out / "summary.md").write_text(text)
    if files.turns:
        draw_curves(files.turns, budget, out / "curves.png", policies)
    if args.json:
        print_json({"out": str(out), "summary": [asdict(row) for row in summarize(files.results, policies)],
                    "timeouts": timeouts(files.turns)})
    else:
        print(text, end="")
    return 0


def outdated(circuits: Mapping[str, Circuit], settings: PolicySettings) -> Callable[[Result], bool]:
    """Whether a row is of another model, circuit or suite than those that are here."""
    present = cache(lambda name, suite, policy: fingerprint(circuits[name], suite, policy, settings.models))
    return lambda row: row.circuit not in circuits or row.fingerprint != present(row.circuit, row.suite, row.policy)


def keeper(url: str | None) -> Callable[[Job, Sequence[Event]], None] | None:
    """What stores every session, under its suite as source, so that the Models page leads to it."""
    if url is None:
        return None
    store = SessionStore(url)
    return lambda job, events: store.insert([WholeSession(events, job.suite)])


def read_jobs(args: argparse.Namespace, known: Mapping[str, Circuit], policies: list[str],
              settings: PolicySettings) -> list[Job]:
    """Every query of the chosen circuits and suites for every policy, policies in turn on each circuit and suite.

    A trained policy sizes the circuits that it can read, and no other.
    """
    every = sorted({suite for circuit in known.values() for suite in suite_names(circuit)})
    suites = read_names(args.suite, every, "suite")
    names = read_names(args.circuits, known, "circuit") if args.circuits else \
        [name for name, circuit in known.items() if set(suites) <= set(suite_names(circuit))]
    jobs = []
    for name in names:
        able = [policy for policy in policies if can_size(policy, known[name], settings)]
        for suite in suites:
            try:
                queries = load_queries(known[name], suite)
            except SuiteError as error:
                raise UsageError(str(error)) from error
            count = read_count(args.queries, "--queries", 1, len(queries)) if args.queries else len(queries)
            marks = {policy: fingerprint(known[name], suite, policy, settings.models) for policy in able}
            jobs += [Job(known[name], suite, number, query, policy, marks[policy]) for policy in able
                     for number, query in enumerate(queries[:count])]
    if not jobs:
        raise UsageError(f"none of the policies {', '.join(policies)} can size {', '.join(names)}")
    return jobs
