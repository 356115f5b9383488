"""One table of all policies: the share of evaluation queries with all specs met, the best first."""

from collections.abc import Collection, Sequence
from pathlib import Path

from markupsafe import Markup

from sizing_app.evaluate.report import SHARE
from sizing_app.evaluate.results import Result, read_results
from sizing_app.evaluate.method_tables import columns
from sizing_app.policy import POLICIES

SUITES = ("standard", "tight", "shifted")
NOTE = ("Share of queries with all specs met, at most five simulations after the initial design; ranked by the "
        "standard queries of trained circuits. Standard: targets 15 to 25% below what a witness reaches; tight: 5 to "
        "15%; shifted: the told conditions are wrong. Policies that were not tried on all of a column have no figure "
        "there; intervals, circuits and the suites of held-out ranges are in the evaluations below. Searches take tens "
        "of simulations and stand in the documents, docs/results.md.")


def ranking(models: Path, held_out: Collection[str], default: str) -> Markup:
    """The shipped evaluation; nothing where there is none."""
    results = read_results(models / "evaluation") if (models / "evaluation" / "results.csv").is_file() else []
    if not results:
        return Markup("")
    _, groups = columns(results, held_out)
    places = [(suite, title) for title in groups for suite in SUITES]
    shares = {policy: [_share(results, policy, suite, groups[title]) for suite, title in places]
              for policy in {row.policy for row in results}}
    tried = [policy for policy, found in shares.items() if any(share is not None for share in found)]
    order = sorted(tried, key=lambda policy: (policy != default, -(shares[policy][0] or 0.0), policy))
    heads = Markup("").join(Markup('<th scope="col" class="num">{}<br><small>{}</small></th>').format(
        suite.capitalize(), title) for suite, title in places)
    rows = Markup("").join(_row(policy, shares[policy], policy == default) for policy in order)
    return Markup(
        '<section class="comparison ranking"><h2>What the policies reach</h2><div class="scroll" tabindex="0"><table>'
        '<thead><tr><th scope="col">Policy</th>{}</tr></thead><tbody>{}</tbody></table></div>'
        '<p class="quiet note">{}</p></section>').format(heads, rows, NOTE)


def _share(results: Sequence[Result], policy: str, suite: str, circuits: Sequence[str]) -> float | None:
    """Over all circuits of a group; None where some were not tried."""
    found = [row for row in results if row.policy == policy and row.suite == suite and row.circuit in circuits]
    tried = {row.circuit for row in found}
    return sum(row.passed for row in found) / len(found) if found and tried == set(circuits) else None


def _row(policy: str, shares: Sequence[float | None], default: bool) -> Markup:
    mark = Markup(' <span class="tag">default</span>') if default else ""
    title = POLICIES[policy].title if policy in POLICIES else policy
    cells = Markup("").join(Markup('<td class="num">{}</td>').format(
        "\u2013" if share is None else SHARE(share)) for share in shares)
    return Markup('<tr class="{}"><th scope="row"><code>{}</code>{} <span class="quiet">{}</span></th>{}</tr>').format(
        "pinned" if default else "", policy, mark, title, cells)
