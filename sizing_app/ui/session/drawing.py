"""``/drawing/SESSION/TURN``: the schematic of a stored design with its values; with ``?regions=1`` every transistor's
current and region too, for which the operating point is simulated once."""

import threading
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sizing_app.circuit.folder import drawing as schematic
from sizing_app.errors import StoreError
from sizing_app.session.events import fold
from sizing_app.simulator.inspection import Device
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.sized_schematic import sized
from sizing_app.ui.services import Services

KEPT = 200
"""Drawings that are remembered."""
AT_ONCE = 2
"""Operating points that are simulated for drawings at once."""
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
           "Cache-Control": "private, max-age=3600"}
"""A drawing from elsewhere runs no script, also when it is opened by itself."""


class Drawings:
    """Drawings by session and turn; those used longest ago go."""

    def __init__(self, services: Services):
        self._services = services
        self._kept: OrderedDict[tuple[str, int, bool], str] = OrderedDict()
        self._lock, self._simulating = threading.Lock(), threading.BoundedSemaphore(AT_ONCE)

    def drawing(self, session_id: str, index: int, regions: bool) -> str | None:
        """SVG, or None where there is no such design or drawing. Raises StoreError."""
        key = (session_id, index, regions)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        drawn = self._drawn(*key)
        if drawn is not None:
            with self._lock:
                self._kept[key] = drawn
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return drawn

    def _drawn(self, session_id: str, index: int, regions: bool) -> str | None:
        state = fold(self._services.store.events(session_id))
        turn = next((item for item in state.history if item.index == index), None)
        path = schematic(state.task.circuit)
        if turn is None or turn.proposal.parameters is None or not path.is_file():
            return None
        devices = self._devices(state.task, turn) if regions else ()
        return sized(path.read_text("utf-8"), state.task.circuit, turn.proposal.parameters, state.task.conditions,
                     devices)

    def _devices(self, task: Task, turn: Turn) -> tuple[Device, ...]:
        """None of a design that does not converge."""
        with self._simulating:
            point = self._services.simulator.operating_point(task.circuit, turn.proposal.parameters, task.conditions)
        return point.devices if point.ok else ()


def drawing_route(services: Services) -> Route:
    drawings = Drawings(services)

    def drawing(request: Request) -> Response:
        try:
            svg = drawings.drawing(request.path_params["session_id"], request.path_params["turn"],
                                   request.query_params.get("regions") == "1")
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", 404)
        if svg is None:
            return PlainTextResponse("There is no drawing of this design.\n", 404)
        return Response(svg, media_type="image/svg+xml", headers=HEADERS)

    return Route("/drawing/{session_id}/{turn:int}", drawing)
