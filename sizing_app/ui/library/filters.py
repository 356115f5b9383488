"""The filters of stored sessions: fields of a page, what the store is asked, and the query of an address. No Gradio.

A link reproduces a view, so every field has a key in the query; empty texts are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sizing_app.ui.parts.render import STATUS

FIELDS = ("q", "circuit", "policy", "status", "source", "tag", "from", "to", "only")
"""Keys of the fields in the order of the page."""
ONLY = {"passed": "All specs met", "starred": "Starred"}
PAGE_SIZE = 25
SORTS = ("created", "circuit", "policy", "status", "best_reward", "turns", "seed")


@dataclass(frozen=True)
class Asked:
    """What a person asked for: filters of the store, and sentences about what could not be read."""

    filters: Mapping[str, object]
    problems: tuple[str, ...] = ()


def read_filters(fields: Mapping[str, str]) -> Asked:
    """Fields (texts by key; ``only`` with commas) to what the store is asked; days are those of this server's clock."""
    problems: list[str] = []
    only = [part for part in fields.get("only", "").split(",") if part]
    filters = {
        "search": fields.get("q", ""), "passed": True if "passed" in only else None,
        "starred": True if "starred" in only else None, "since": _day(fields.get("from", ""), "From", problems),
        "until": _day(fields.get("to", ""), "To", problems, end=True),
        **{key: fields.get(key) or None for key in ("circuit", "policy", "status", "source", "tag")}}
    if filters["status"] not in (None, *STATUS):
        problems.append(f"Status: {fields['status'][:40]!r} is not one of {', '.join(STATUS)}.")
        filters["status"] = None
    return Asked(filters, tuple(problems))


def fields_of(values: Sequence) -> dict[str, str]:
    """The values of the page's components, in the order of FIELDS, as texts."""
    texts = {key: value or "" for key, value in zip(FIELDS, values, strict=True)}
    return {**texts, "only": ",".join(key for key in ONLY if key in texts["only"])}


def values_of(fields: Mapping[str, str]) -> list:
    """The other way: texts to values of the components; unknown statuses and marks are dropped."""
    values = [fields.get(key, "") for key in FIELDS]
    values[FIELDS.index("only")] = [part for part in fields.get("only", "").split(",") if part in ONLY]
    if fields.get("status", "") not in STATUS:
        values[FIELDS.index("status")] = ""
    return values


def order(sort: str = "created", descending: bool = True, page: int = 0) -> dict:
    """How the rows are ordered, and which page of them is wanted."""
    return {"sort": sort, "descending": descending, "page": page}


def order_of(query: Mapping[str, str]) -> dict:
    """The order in an address, or the newest first."""
    page = query.get("p", "1")
    return order(query["sort"] if query.get("sort") in SORTS else "created", query.get("order") != "up",
                 max(0, int(page) - 1) if page.isdecimal() and len(page) < 7 else 0)


def address_of(fields: Mapping[str, str], rows: Mapping) -> dict[str, str]:
    """Every key of the address; empty where it says nothing."""
    plain = rows["sort"] == "created" and rows["descending"]
    return {**{key: fields.get(key, "") for key in FIELDS}, "view": "sessions", "sort": "" if plain else rows["sort"],
            "order": "" if rows["descending"] else "up", "p": str(rows["page"] + 1) if rows["page"] else ""}


def sessions_link(**fields: str) -> str:
    """Relative address of the Sessions page with these filters."""
    return "?" + urlencode({"view": "sessions", **{key: text for key, text in fields.items() if text}})


def review_link(session_id: str, turn: int | None = None) -> str:
    """Relative address of a session under review."""
    return "?" + urlencode({"view": "sessions", "review": session_id, **({} if turn is None else {"turn": turn})})


def _day(text: str, name: str, problems: list[str], end: bool = False) -> float | None:
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d")
        return (day + timedelta(days=1) if end else day).timestamp()
    except (ValueError, OverflowError):
        problems.append(f"{name}: {text.strip()[:40]!r} is not a day such as 2026-03-31.")
        return None
