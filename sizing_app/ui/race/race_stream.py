"""A race as a stream: what all who look at it are shown, and the phase that the buttons of pages depend on."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.session.events import SessionState
from sizing_app.ui.live.board import Parts
from sizing_app.ui.parts.render import block
from sizing_app.ui.parts.turns import Trace
from sizing_app.ui.race.race_html import lane_blocks, verdict_blocks
from sizing_app.ui.race.race_plot import figure
from sizing_app.ui.race.races import LANES, read_race, states
from sizing_app.ui.services import Services


def race_stream(services: Services, race: str) -> Iterator[Parts]:
    """All lanes now and after every change until all have ended; a race that cannot be shown is named."""
    traces = [Trace(lane=True) for _ in range(LANES)]
    try:
        for lanes in states(services, read_race(race)):
            yield _parts(lanes, traces, services.policies, race)
    except (StoreError, ValueError) as error:
        yield {"verdict": words(str(error)), "plot": figure({}, {}, ""), **_columns([]), "phase": phase({}, race)}


def phase(lanes: Mapping[str, SessionState], race: str) -> dict:
    return {"race": race, "running": any(state.running for state in lanes.values())}


def words(text: str) -> list[dict]:
    """The verdict where there is no race."""
    return [block("words", Markup('<section class="session-header idle"><p>{}</p></section>').format(text))]


def _parts(lanes: Mapping[str, SessionState], traces: list[Trace], titles: Mapping[str, str], race: str) -> Parts:
    drawn = [lane_blocks(state, titles, number, traces[number]) for number, state in enumerate(lanes.values())]
    return {"verdict": verdict_blocks(lanes, titles), "plot": figure(lanes, titles, race), **_columns(drawn),
            "phase": phase(lanes, race)}


def _columns(drawn: list[list[dict]]) -> Parts:
    """The lanes of the page, those that are not needed empty."""
    return {f"lane-{number + 1}": drawn[number] if number < len(drawn) else [] for number in range(LANES)}
