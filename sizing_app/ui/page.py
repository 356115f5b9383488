"""The page as a whole: a title bar and a tab for each page, and how Gradio is to serve it."""

from functools import partial

import gradio as gr
from fastapi import FastAPI

from sizing_app.session.file import MAX_BYTES
from sizing_app.ui.catalogue.circuits_page import CircuitsPage
from sizing_app.ui.catalogue.models_page import ModelsPage
from sizing_app.ui.exchange.api import Api
from sizing_app.ui.own.circuit_file import circuit_route
from sizing_app.ui.exchange.export import routes
from sizing_app.ui.forks.group_view import FOLLOWERS
from sizing_app.ui.forms.understood import understood_route
from sizing_app.ui.library.compare_page import ComparePage
from sizing_app.ui.library.sessions_page import SessionsPage
from sizing_app.ui.live.routes import live_routes
from sizing_app.ui.own.own_page import OwnPage
from sizing_app.ui.parts import theme
from sizing_app.ui.parts.help import help_note
from sizing_app.ui.race.race_page import RacePage
from sizing_app.ui.race.race_stream import race_stream
from sizing_app.ui.services import Services
from sizing_app.ui.session.drawing import drawing_route
from sizing_app.ui.session.opened_turn import turn_route
from sizing_app.ui.session.run_page import RunPage
from sizing_app.ui.session.session_stream import session_stream

TITLE = "Analog circuit sizing"
BAR = """<header class="title-bar"><a class="skip" href="#start" data-skip>To Start</a>
<div><h1>Analog circuit sizing</h1>
<p>reasoning-guided, every design simulated with ngspice</p></div>
<button type="button" data-theme-toggle aria-label="Switch between light and dark colours">
<span class="when-light">Dark</span><span class="when-dark">Light</span></button></header>"""
MOST_PAGES = 300
"""Open pages, and calls of the API, that Gradio keeps a state of about 0.8 MB for; those used longest ago go."""
CACHE_CHECK, CACHE_AGE = 3600, 86400
"""Seconds between two looks for old uploads, and the age at which they go."""


def build(services: Services) -> gr.Blocks:
    with gr.Blocks(title=TITLE, fill_width=True, analytics_enabled=False,
                   delete_cache=(CACHE_CHECK, CACHE_AGE)) as page:
        gr.HTML(BAR, apply_default_css=False, elem_id="title-bar")
        with gr.Tabs(elem_id="pages") as tabs:
            with gr.Tab("Run", id="run"):
                help_note("run")
                run = RunPage(services)
            with gr.Tab("Race", id="race"):
                help_note("race")
                race = RacePage(services)
            with gr.Tab("Sessions", id="sessions") as tab:
                help_note("sessions")
                sessions = SessionsPage(services)
            with gr.Tab("Compare", id="compare") as compare_tab:
                help_note("compare")
                compare = ComparePage(services)
            with gr.Tab("Circuits", id="circuits"):
                help_note("circuits")
                circuits = CircuitsPage(services)
            with gr.Tab("Own circuit", id="own") as own_tab:
                help_note("own")
                own = OwnPage(services)
            with gr.Tab("Models", id="models") as models_tab:
                help_note("models")
                models = ModelsPage(services)
        Api(services).connect()
        run.connect(page)
        race.connect(page)
        sessions.connect(page, tab)
        compare.connect(page, compare_tab, tabs, sessions.table)
        circuits.connect(page)
        own.connect(own_tab)
        models.connect(models_tab)
    return page


def web_app(page: gr.Blocks, services: Services, address: str = "") -> FastAPI:
    """Pages, API, live streams and exports; with the ``address`` that the server calls itself at, an MCP server too."""
    live = live_routes({"session": partial(session_stream, services), "race": partial(race_stream, services)})
    page.max_threads, page.state_session_capacity = FOLLOWERS + 40, MOST_PAGES
    parts = [drawing_route(services), turn_route(services), understood_route(), circuit_route(services)]
    app = FastAPI(routes=[*routes(services), *live, *parts], openapi_url=None)
    gr.mount_gradio_app(
        app, page, "/", theme=theme.theme(), head=theme.head(), favicon_path=theme.FAVICON, footer_links=[],
        run_history=False, show_error=False, ssr_mode=False, allowed_paths=[], max_file_size=MAX_BYTES,
        enable_monitoring=False, mcp_server=bool(address))
    if address:  # else that of the first request, which may be a proxy's and says no password
        page.mcp_server_obj._local_url = address
    return app
