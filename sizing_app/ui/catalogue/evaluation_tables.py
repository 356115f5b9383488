"""What evaluations found: a table a suite, with a row a policy and a column a circuit, whose cells lead to traces."""

from collections.abc import Collection, Sequence
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.evaluate.report import REWARD, SHARE, Row, mean_with_interval, summarize, with_interval
from sizing_app.evaluate.results import Result, read_results
from sizing_app.evaluate.method_tables import columns
from sizing_app.store import SessionStore
from sizing_app.ui.library.filters import sessions_link

NOTE = ("Mean best reward, and below it the share of queries with all specs met; brackets: 95% intervals over "
        "circuits and queries. Point at a cell for its own intervals.")


def evaluations(root: Path, store: SessionStore, held_out: Collection[str], order: Sequence[str]) -> Markup:
    """The results of every evaluation below ``root``: folders of runs/ and models/ that hold results.csv."""
    found = sorted({path.parent for place in ("runs", "models") for depth in ("*", "*/*", "*/*/*")
                    for path in (root / place).glob(f"{depth}/results.csv")})
    parts = Markup("").join(_evaluation(str(folder.relative_to(root)), results, store, held_out, order)
                             for folder in found if (results := read_results(folder)))
    return Markup("<section><h2>Evaluations</h2>{}</section>").format(
        parts or Markup('<p class="quiet">No results yet: <code>make evaluate</code> writes them.</p>'))


def _evaluation(title: str, results: Sequence[Result], store: SessionStore, held_out: Collection[str],
                order: Sequence[str]) -> Markup:
    tables = Markup("").join(_table(suite, [row for row in results if row.suite == suite], store, held_out, order)
                             for suite in sorted({row.suite for row in results}))
    return Markup('<details class="comparison"><summary>{} <span class="quiet">{:,} sessions</span></summary>{}'
                  '<p class="quiet">{}</p></details>').format(title, len(results), tables, NOTE)


def _table(suite: str, results: Sequence[Result], store: SessionStore, held_out: Collection[str],
           order: Sequence[str]) -> Markup:
    circuits, groups = columns(results, held_out)
    titles = Markup("").join(Markup('<th scope="col" class="num">{}</th>').format(title)
                             for title in (*circuits, *(title.capitalize() for title in groups)))
    rows = Markup("").join(
        _policy(list(group), circuits, list(groups.values()), results, store)
        for _, group in groupby(sorted(summarize(results), key=lambda row: (_place(row.policy, order), row.policy)),
                                key=lambda row: row.policy))
    return Markup('<h4>{}</h4><div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Policy</th>{}</tr>'
                  "</thead><tbody>{}</tbody></table></div>").format(suite.capitalize(), titles, rows)


def _policy(rows: Sequence[Row], circuits: Sequence[str], groups: Sequence[Sequence[str]], results: Sequence[Result],
            store: SessionStore) -> Markup:
    """One policy on all circuits of a suite, and its means over groups of circuits that it was tried on as a whole."""
    known, policy, suite = {row.circuit: row for row in rows}, rows[0].policy, rows[0].suite
    linked = _stored(store, suite, policy)
    cells = [_cell(known[name], linked) if name in known else Markup('<td class="num">\u2013</td>')
             for name in circuits]
    for names in groups:
        whole = [row for row in results if row.policy == policy and row.circuit in names]
        cells.append(_mean(whole) if set(names) <= set(known) else Markup('<td class="num">\u2013</td>'))
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(policy, Markup("").join(cells))


def _cell(row: Row, linked: bool) -> Markup:
    spent = row.simulations_to_success
    title = (f"{row.queries} queries: reward {with_interval(row.mean_best_reward, row.reward_interval, REWARD)}, "
             f"all specs met {with_interval(row.share_passed, row.passed_interval, SHARE)}"
             + ("" if spent is None else f", after {spent:.2f} simulations where met"))
    filters = {"source": row.suite, "circuit": row.circuit, "policy": row.policy}
    reward, passed = REWARD(row.mean_best_reward), SHARE(row.share_passed)
    if linked:
        reward, passed = (Markup('<a href="{}">{}</a>').format(sessions_link(**filters, **more), text)
                          for text, more in ((reward, {}), (passed, {"only": "passed"})))
    return Markup('<td class="num" title="{}">{}<br><small>{}</small></td>').format(title, reward, passed)


def _mean(results: Sequence[Result]) -> Markup:
    rewards, passed = [row.best_reward for row in results], [row.passed for row in results]
    circuits = [row.circuit for row in results]
    return Markup('<td class="num">{}<br><small>{}</small></td>').format(
        mean_with_interval(rewards, REWARD, circuits), mean_with_interval(passed, SHARE, circuits))


def _place(policy: str, order: Sequence[str]) -> int:
    return order.index(policy) if policy in order else len(order)


def _stored(store: SessionStore, suite: str, policy: str) -> bool:
    """Whether the evaluation stored its traces."""
    try:
        return store.count(source=suite, policy=policy) > 0
    except StoreError:
        return False
