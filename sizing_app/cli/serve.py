"""``serve``: the app, in place of this process."""

import argparse
import os
import sys
from pathlib import Path

from sizing_app.cli.values import UsageError, read_count, read_settings, read_users

APP = Path(__file__).resolve().parents[2] / "app.py"


def run(args: argparse.Namespace) -> int:
    read_count(args.port, "--port", 1, 65535)
    read_settings(args)
    read_users(args.auth)
    if bool(args.base_url) != bool(args.model):
        raise UsageError("--base-url and --model go together")
    options = {"--host": args.host, "--port": args.port, "--database": args.database, "--base-url": args.base_url,
               "--model": args.model, "--auth": args.auth}
    words = [word for name, value in options.items() if value is not None for word in (name, value)]
    words += [word for name in args.allow_host for word in ("--allow-host", name)] + ["--mcp"] * args.mcp
    if args.trust_circuits:
        words.append("--trust-circuits")
    os.execv(sys.executable, [sys.executable, str(APP), *words])
