"""Start the app: python app.py [--host HOST] [--port PORT] [--database URL] [--base-url URL --model NAME] [--mcp]."""

import argparse
import importlib.util
import logging
import os
import threading
from functools import partial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument("--database", default="sqlite:///data/sessions.db", help="SQLite or PostgreSQL URL")
    parser.add_argument("--base-url", help="OpenAI-compatible server that answers instead of the embedded engine")
    parser.add_argument("--model", help="name of the model on that server")
    parser.add_argument("--reply-tokens", type=int, metavar="N", help="most that this model may write in a turn, "
                        "thoughts included; default 4096")
    parser.add_argument("--reply-characters", type=int, metavar="N", help="most that is read of its reply, without the "
                        "thoughts; default 20000")
    parser.add_argument("--mcp", action="store_true", help="serve the API as tools of an MCP server too (docs/api.md)")
    parser.add_argument("--trust-circuits", action="store_true", help="simulate circuits of imported sessions where "
                        "the system cannot confine the simulator, too")
    arguments = parser.parse_args()
    if arguments.mcp and importlib.util.find_spec("mcp") is None:
        parser.error("--mcp needs one more package: .venv/bin/python -m pip install -r requirements-mcp.txt")

    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from sizing_app.circuits import load_circuits
    from sizing_app.hub import Hub
    from sizing_app.policy import DEFAULT_POLICY, PolicySettings, close_engines, make_policy
    from sizing_app.simulator import SimulatorPool
    from sizing_app.simulator.confine import notice
    from sizing_app.store import SessionStore
    from sizing_app.ui.page import build, launch
    from sizing_app.ui.services import Services, policy_titles

    told = notice(arguments.trust_circuits)
    if told:
        logging.getLogger("sizing_app").warning(told)
    settings = PolicySettings(base_url=arguments.base_url, model=arguments.model,
                              reply_tokens=arguments.reply_tokens, reply_characters=arguments.reply_characters)
    store = SessionStore(arguments.database)
    hub = Hub(store)
    try:
        with SimulatorPool(trusted=arguments.trust_circuits) as simulator:
            services = Services(load_circuits(), store, hub, simulator, partial(make_policy, settings=settings),
                                policy_titles(chat=bool(arguments.base_url and arguments.model)), default_circuit="OTA",
                                notice=told)
            if not arguments.base_url:
                threading.Thread(target=services.warm_up, args=(DEFAULT_POLICY,), daemon=True).start()
            launch(build(services), services, arguments.host, arguments.port, mcp_server=arguments.mcp)
    finally:
        hub.close()
        close_engines()
        store.close()


if __name__ == "__main__":
    main()
