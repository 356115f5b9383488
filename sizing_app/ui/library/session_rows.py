"""The table of stored sessions as HTML: one row a session, titles that sort, pages."""

import time
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from sizing_app.store import SessionSummary
from sizing_app.ui.library.filters import PAGE_SIZE, review_link
from sizing_app.ui.parts.render import STATUS, reward

COLUMNS = (("circuit", "Circuit", ""), ("policy", "Policy", ""),
           ("status", "Status", ""), ("best_reward", "Best reward", "num"), ("turns", "Designs", "num"),
           ("seed", "Seed", "num"), ("created", "Started", "num"))
"""Column of the store to sort by, title, class."""


def table_html(rows: Sequence[SessionSummary], tags: Mapping[str, Sequence[str]], total: int, query: dict) -> Markup:
    """``tags``: session to its tags. ``query``: sort, descending, page."""
    titles = Markup("").join(_title(*column, query) for column in COLUMNS)
    body = Markup("").join(_row(row, tags.get(row.id, ())) for row in rows)
    if not rows:
        body = Markup('<tr><td colspan="{}" class="quiet">No stored session matches.</td></tr>').format(
            len(COLUMNS) + 3)
    return Markup('<div class="scroll"><table><caption class="sr-only">Stored sessions</caption><thead><tr>'
                  '<th scope="col"><span class="sr-only">Compare</span></th>'
                  '<th scope="col"><span class="sr-only">Star</span></th>'
                  '<th scope="col">Session</th>{}</tr></thead><tbody>{}</tbody></table></div>{}').format(
        titles, body, _pager(total, query["page"]))


def _title(column: str, title: str, kind: str, query: dict) -> Markup:
    sorted_by = query["sort"] == column
    order = ("descending" if query["descending"] else "ascending") if sorted_by else "none"
    arrow = {"descending": " \u25be", "ascending": " \u25b4", "none": ""}[order]
    return Markup('<th scope="col" class="{}" aria-sort="{}"><button type="button" data-sort="{}" data-focus="{}">'
                  "{}{}</button></th>").format(kind, order, column, column, title, arrow)


def _row(row: SessionSummary, tags: Sequence[str]) -> Markup:
    best = "\u2013" if row.best_reward is None else reward(row.best_reward)
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))
    marks = Markup("").join(Markup('<span class="tag">{}</span>').format(tag) for tag in tags)
    if row.origin:
        marks += Markup('<span class="tag" title="Where it ran its id was {}">imported</span>').format(row.origin)
    return Markup('<tr data-id="{id}"><td><input type="checkbox" data-pick="{id}" aria-label="Compare session {id}">'
                  '</td><td><button type="button" class="star" data-star="{id}" data-focus="star-{id}" '
                  'aria-pressed="{pressed}" aria-label="Star session {id}">{star}</button></td>'
                  '<th scope="row"><a href="{link}" data-focus="{id}" aria-label="Open session {id}">{id}</a>{marks}'
                  '</th><td>{circuit}</td><td>{policy}</td><td><span class="status {status}">{word}</span></td>'
                  '<td class="num">{best}</td><td class="num">{turns} of {budget}</td><td class="num">{seed}</td>'
                  '<td class="num">{started}</td></tr>').format(
        id=row.id, link=review_link(row.id), pressed=str(row.starred).lower(), star="\u2605" if row.starred
        else "\u2606", marks=marks, started=started, circuit=row.circuit, policy=row.policy, status=row.status,
        word=STATUS.get(row.status, row.status), best=best, turns=row.turns, budget=row.budget, seed=row.seed)


def _pager(total: int, page: int) -> Markup:
    last = max(0, (total - 1) // PAGE_SIZE)
    if not last:
        return Markup('<p class="pager">{} in all</p>').format(total)
    first_row = page * PAGE_SIZE + 1 if total else 0
    return Markup('<nav class="pager" aria-label="Pages"><button type="button" data-page="{}" data-focus="former"{}>'
                  '\u2039 Previous page</button><span>{} \u2013 {} of {}</span><button type="button" data-page="{}" '
                  'data-focus="next"{}>Next page \u203a</button></nav>').format(
        page - 1, _disabled(page == 0), first_row, min(total, (page + 1) * PAGE_SIZE), total, page + 1,
        _disabled(page >= last))


def _disabled(off: bool) -> Markup | str:
    return Markup(" disabled") if off else ""
