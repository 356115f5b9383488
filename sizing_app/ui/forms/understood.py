"""``/understood?unit=Hz&text=60M``: what the reader makes of a cell while it is typed, for assets/cell_table.js."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sizing_app.circuit.units import read_quantity, show_quantity


def understood_route() -> Route:
    """Answers with ``value``, the quantity as it is shown everywhere, or ``problem``, a sentence; both may be empty."""

    async def understood(request: Request) -> JSONResponse:
        text, unit = (request.query_params.get(key, "") for key in ("text", "unit"))
        return JSONResponse(understand(text, unit), headers={"Cache-Control": "no-store"})

    return Route("/understood", understood)


def understand(text: str, unit: str) -> dict[str, str]:
    if not text.strip():
        return {"value": "", "problem": ""}
    try:
        return {"value": show_quantity(read_quantity(text, unit), unit, 6), "problem": ""}
    except ValueError as error:
        return {"value": "", "problem": f"{error}."}
