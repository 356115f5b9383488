"""Streams as routes: ``live/KIND?id=ID`` answers with server-sent events, which assets/stream.js reads."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sizing_app.ui.live.board import Parts
from sizing_app.ui.live.broadcast import Broadcasts

RETRY = 2000
"""Milliseconds after which a browser that lost the connection tries again; it then gets everything once more."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def live_routes(kinds: Mapping[str, Callable[[str], Iterable[Parts]]]) -> list[Route]:
    """One route for each kind of thing, with what draws one of it by its id."""
    return [_route(kind, Broadcasts(draw)) for kind, draw in kinds.items()]


def _route(kind: str, broadcasts: Broadcasts) -> Route:
    async def live(request: Request) -> Response:
        pieces = broadcasts.watch(request.query_params.get("id", ""))
        return StreamingResponse(_events(pieces), media_type="text/event-stream", headers=HEADERS)

    return Route(f"/live/{kind}", live)


async def _events(updates: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """An event for every update, a comment where there is none, and one that says that nothing more will come."""
    yield b"retry: %d\n\n" % RETRY
    async for pieces in updates:
        yield b"data: %b\n\n" % pieces if pieces else b": no news\n\n"
    yield b"event: end\ndata: end\n\n"
