"""Start the app: python app.py [--host HOST] [--port PORT] [--database URL] [--base-url URL --model NAME] [--mcp]."""

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

log = logging.getLogger("sizing_app")


def main() -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; every session that runs then ends as stopped."""
    from sizing_app.process import keep_loopback_direct, on_signals

    arguments = read_arguments()
    keep_loopback_direct()
    with on_signals(lambda _: sys.exit(0)), ExitStack() as stack:
        serve(arguments, stack)


def read_arguments() -> argparse.Namespace:
    from sizing_app.cli.values import UsageError, read_count, read_settings, read_users

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="7860")
    parser.add_argument("--database", default="sqlite:///data/sessions.db", help="SQLite or PostgreSQL URL")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="who may come in, or a file of such lines")
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME",
                        help="a name that the server may be reached by, behind a proxy for instance; may be repeated")
    parser.add_argument("--base-url", help="OpenAI-compatible server that answers instead of the embedded engine")
    parser.add_argument("--model", help="name of the model on that server")
    parser.add_argument("--reply-tokens", metavar="N", help="most that this model may write in a turn, "
                        "thoughts included; default 4096")
    parser.add_argument("--reply-characters", metavar="N", help="most that is read of its reply, without the "
                        "thoughts; default 20000")
    parser.add_argument("--mcp", action="store_true", help="serve the API as tools of an MCP server too (docs/api.md)")
    parser.add_argument("--trust-circuits", action="store_true", help="simulate circuits of imported sessions where "
                        "the system cannot confine the simulator, too")
    arguments = parser.parse_args()
    try:
        arguments.port = read_count(arguments.port, "--port", 1, 65535)
        arguments.users = read_users(arguments.auth)
        arguments.settings = read_settings(arguments)
    except UsageError as error:
        fail(error)
    if arguments.mcp and importlib.util.find_spec("mcp") is None:
        fail("--mcp needs one more package: .venv/bin/python -m pip install -r requirements-mcp.txt")
    return arguments


def serve(arguments: argparse.Namespace, stack: ExitStack) -> None:
    """What can be wrong is looked at first, before the pages are loaded; ``stack`` closes what was opened."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = uploads = stack.enter_context(tempfile.TemporaryDirectory(prefix="sizing-uploads-"))
    from sizing_app.circuit.folder import load_circuits
    from sizing_app.circuit.toml_table import CircuitError
    from sizing_app.store import SessionStore, StoreError
    from sizing_app.ui.server import CannotServe, served, take_port

    try:
        taken = stack.enter_context(take_port(arguments.host, arguments.port))
        store = stack.enter_context(closing(SessionStore(arguments.database)))
        circuits = load_circuits()
    except (CannotServe, CircuitError, StoreError) as error:
        fail(error)

    from sizing_app.hub import Hub
    from sizing_app.policy import DEFAULT_POLICY, close_engines, make_policy
    from sizing_app.simulator import SimulatorPool
    from sizing_app.simulator.confine import notice
    from sizing_app.ui.doors import Doors, access, is_loopback, reachable
    from sizing_app.ui.page import build, web_app
    from sizing_app.ui.services import Services, policy_titles

    told = notice(arguments.trust_circuits)
    if told:
        log.warning(told)
    hub = Hub(store)
    stack.callback(hub.close)  # once more after the pool: what then ends may still be stored
    stack.callback(close_engines)
    simulator = stack.enter_context(SimulatorPool(trusted=arguments.trust_circuits))
    services = Services(circuits, store, hub, simulator, partial(make_policy, settings=arguments.settings),
                        policy_titles(chat=bool(arguments.base_url and arguments.model)),
                        default_circuit="OTA" if "OTA" in circuits else next(iter(circuits)), notice=told)
    own = {"mcp": secrets.token_hex(16)} if arguments.mcp else {}
    address = f"http://mcp:{own['mcp']}@{reachable(arguments.host)}:{arguments.port}" if own else ""
    users = {**arguments.users, **own} if arguments.users else {}
    app = Doors(web_app(build(services), services, address), access(arguments.host, arguments.allow_host, users),
                Path(uploads))
    server = stack.enter_context(served(app, taken))
    stack.callback(hub.close)
    if not is_loopback(arguments.host) and not arguments.users:
        log.warning("Everyone who reaches %s may see, start, stop and change every session: see docs/hosting.md, "
                    "--auth.", arguments.host)
    print(f"Running on http://{arguments.host}:{arguments.port}", flush=True)
    if not arguments.base_url:
        Thread(target=services.warm_up, args=(DEFAULT_POLICY,), daemon=True).start()
    server.join()
    sys.exit("app.py: the server ended by itself")


def fail(problem: object) -> None:
    """One sentence, and the exit code for what was given wrong."""
    print(f"app.py: {' '.join(str(problem).split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
