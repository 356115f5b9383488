"""``/turns/SESSION/TURN``: what a row of the table of turns opens into, for sessions too long to send it all."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sizing_app.errors import StoreError
from sizing_app.session.events import fold
from sizing_app.ui.parts.turn_sections import turn_sections
from sizing_app.ui.services import Services


def turn_route(services: Services) -> Route:
    def opened(request: Request) -> Response:
        try:
            state = fold(services.store.events(request.path_params["session_id"]))
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", 404)
        index = request.path_params["turn"]
        turn = next((item for item in state.history if item.index == index), None)
        if turn is None:
            return PlainTextResponse("This session has no such turn.\n", 404)
        former = [item for item in state.history if item.index < index]
        return HTMLResponse(turn_sections(state.task, former, turn), headers={"Cache-Control": "private, max-age=600"})

    return Route("/turns/{session_id}/{turn:int}", opened)
