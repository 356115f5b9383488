"""``serve``: wire store, simulator, policies and pages together, and answer until a signal comes.

What can be wrong is looked at first, before the pages are loaded: Gradio takes seconds.
"""

import argparse
import importlib.util
import logging
import os
import secrets
import sys
import tempfile
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from threading import Thread

from sizing_app.cli.values import UsageError, read_count, read_settings, read_users
from sizing_app.process import on_signals

log = logging.getLogger("sizing_app")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT, SIGTERM or SIGHUP; every session and every check that runs then ends as stopped."""
    args.port = read_count(args.port, "--port", 1, 65535)
    args.users, args.settings = read_users(args.auth), read_settings(args)
    if args.mcp and importlib.util.find_spec("mcp") is None:
        raise UsageError("--mcp needs one more package: .venv/bin/python -m pip install -r requirements-mcp.txt")
    with on_signals(lambda _: sys.exit(0)), ExitStack() as stack:
        return serve(args, stack)


def serve(arguments: argparse.Namespace, stack: ExitStack) -> int:
    """Returns where the server ended by itself; ``stack`` closes what was opened."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["MPLBACKEND"] = "agg"  # Gradio asks for it at every call: unset, the first one loads pyplot
    os.environ["GRADIO_TEMP_DIR"] = uploads = stack.enter_context(tempfile.TemporaryDirectory(prefix="sizing-uploads-"))
    from sizing_app.circuit.catalog import FolderCatalog
    from sizing_app.circuit.toml_table import CircuitError
    from sizing_app.store import SessionStore, StoreError
    from sizing_app.ui.server import CannotServe, served, take_port

    try:
        taken = stack.enter_context(take_port(arguments.host, arguments.port))
        store = stack.enter_context(closing(SessionStore(arguments.database)))
        shipped = FolderCatalog()
        first = next(iter(shipped))
    except (CannotServe, CircuitError, StoreError) as error:
        raise UsageError(str(error)) from None

    from sizing_app.checks import Checks
    from sizing_app.hub import Hub
    from sizing_app.policy import DEFAULT_POLICY, close_engines, make_policy
    from sizing_app.simulator import make_simulator
    from sizing_app.simulator.confine import notice
    from sizing_app.ui.doors import Doors, access, is_loopback, reachable
    from sizing_app.ui.page import build, web_app
    from sizing_app.ui.services import Services, policy_titles

    told = notice(arguments.trust_circuits)
    if told:
        log.warning(told)
    hub, checks = Hub(store), Checks()

    def close_all() -> None:
        checks.close()
        hub.close()

    stack.callback(close_all)  # once more after the pool: what then ends may still be stored
    stack.callback(close_engines)
    simulator = stack.enter_context(make_simulator(arguments.simulator, trusted=arguments.trust_circuits))
    services = Services(shipped, store, hub, simulator, partial(make_policy, settings=arguments.settings),
                        policy_titles(chat=bool(arguments.base_url and arguments.model)),
                        default_circuit="OTA" if "OTA" in shipped else first, notice=told, checks=checks,
                        named=bool(arguments.users))
    relay = {f"mcp-{secrets.token_hex(4)}": secrets.token_hex(16)} if arguments.mcp else {}
    name, password = next(iter(relay.items()), ("", ""))
    address = f"http://{name}:{password}@{reachable(arguments.host)}:{arguments.port}" if relay else ""
    users = {**arguments.users, **relay} if arguments.users else {}
    app = Doors(web_app(build(services), services, address),
                access(arguments.host, arguments.allow_host, users, name), Path(uploads))
    server = stack.enter_context(served(app, taken))
    stack.callback(close_all)
    if not is_loopback(arguments.host) and not arguments.users:
        log.warning("Everyone who reaches %s may see, start, stop and change every session: see docs/hosting.md, "
                    "--auth.", arguments.host)
    print(f"Running on http://{arguments.host}:{arguments.port}", flush=True)
    if not arguments.base_url:
        Thread(target=services.warm_up, args=(DEFAULT_POLICY,), daemon=True).start()
    server.wait()
    print("sizing: the server ended by itself", file=sys.stderr)
    return 1
