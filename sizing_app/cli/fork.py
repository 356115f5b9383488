"""``fork``: a turn of a stored session anew, where the model acts on a plan in a person's words."""

import argparse
from contextlib import closing

from sizing_app.cli.size import Parent, play
from sizing_app.cli.values import UsageError, read_count, read_settings
from sizing_app.policy import POLICIES, check_can_size, make_policy
from sizing_app.policy.plans import read_plan
from sizing_app.session.events import fold
from sizing_app.session.forks import ForkError, with_plan
from sizing_app.store import SessionStore
from sizing_app.task.validation import MAX_BUDGET, SESSION_BUDGET


def run(args: argparse.Namespace) -> int:
    turn = read_count(args.turn, "--turn", 1, MAX_BUDGET)
    further = read_count(args.budget, "--budget", 1, SESSION_BUDGET)
    with closing(SessionStore(args.database)) as store:
        state = fold(store.events(args.session))
        name, settings = args.policy or state.policy, read_settings(args)
        if name not in POLICIES:
            raise UsageError(f"unknown policy {name!r}: choose one of {', '.join(POLICIES)}")
        try:
            fork = with_plan(state, turn, read_plan(name, args.plan), further)
        except ForkError as error:
            raise UsageError(str(error)) from error
        check_can_size(name, fork.task, settings)
        return play(fork.task, make_policy(name, settings), store, args, Parent(args.session, fork.history, fork.plan))
