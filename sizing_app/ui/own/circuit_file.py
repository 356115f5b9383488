"""A circuit as a ZIP of its folder: the address, the link, the route."""

from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sizing_app.own.upload import packed
from sizing_app.ui.doors import signed_in
from sizing_app.ui.services import Services

ADDRESS = "circuit.zip"


def circuit_link(handle: str) -> Markup:
    """A button of a page that downloads the circuit."""
    return Markup('<a class="button" href="{}?{}" download>Export as ZIP</a>').format(
        ADDRESS, urlencode({"circuit": handle}))


def circuit_route(services: Services) -> Route:
    """/circuit.zip?circuit=NAME, or its key."""

    def file(request: Request) -> Response:
        handle = request.query_params.get("circuit", "")
        circuit = services.circuits_of(signed_in(request.headers)).get(handle)
        if circuit is None:
            return PlainTextResponse(f"There is no circuit {handle[:80]!r}.\n", 404)
        return Response(packed(circuit), media_type="application/zip",
                        headers={"Content-Disposition": f'attachment; filename="{circuit.name}.zip"'})

    return Route(f"/{ADDRESS}", file)
