"""Several sessions beside each other: best so far, specs of the best designs, parameters. No Gradio.

The first session is the reference that the others are measured against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from sizing_app.circuit.definition import Circuit, Metric
from sizing_app.session.events import SessionState
from sizing_app.task.reward import best_so_far
from sizing_app.task.turn import Turn
from sizing_app.ui.library.filters import review_link
from sizing_app.ui.parts.render import MINUS, STATUS, WORDS, reward, designs, target, verdict
from sizing_app.ui.parts.turn_sections import change_text, changed

MOST = 8
"""Sessions that can be compared at once."""
LETTERS = "ABCDEFGH"
DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Member:
    """One session of a comparison; ``letter`` names it in tables and plot."""

    letter: str
    id: str
    state: SessionState

    @property
    def design(self) -> Turn | None:
        """The best turn, if it has a design."""
        best = self.state.best
        return best if best is not None and best.proposal.parameters is not None else None


def members(sessions: Sequence[tuple[str, SessionState]]) -> list[Member]:
    return [Member(letter, id, state) for letter, (id, state) in zip(LETTERS, sessions, strict=False)]


def comparison_figure(compared: Sequence[Member]) -> dict:
    """Best so far of every session over designs spent; a session that ended keeps its best to the right end."""
    last = max((member.state.task.budget for member in compared), default=1)
    traces = []
    for place, member in enumerate(compared):
        curve = [round(value, 4) for value in best_so_far(member.state.history)]
        turns = [turn.index for turn in member.state.history if turn.score is not None]
        traces.append({
            "name": f"{member.letter} {member.state.task.circuit.name} {member.state.policy}",
            "x": [*turns, last] if turns and turns[-1] < last else turns,
            "y": [*curve, curve[-1]] if turns and turns[-1] < last else curve,
            "type": "scatter", "mode": "lines+markers", "hovertemplate": "%{y:.3f} after %{x}<extra>%{fullData.name}"
            "</extra>", "line": {"shape": "hv", "width": 2, "color": f"--series-{place % 6 + 1}",
                                 "dash": DASHES[place % len(DASHES)]},
            "marker": {"size": 6, "opacity": [1] * len(turns) + [0]}})
    finals = "; ".join(f"{trace['name']} {trace['y'][-1]:.3f}" for trace in traces if trace["y"])
    return {"data": traces, "layout": {
        "uirevision": ",".join(member.id for member in compared) or "none", "hovermode": "x",
        "xaxis": {"title": {"text": "Designs after the initial one"}, "range": [-0.2, last + 0.2],
                  "dtick": 1 if last <= 12 else 2},
        "yaxis": {"title": {"text": "Best reward so far"}, "range": [-0.04, 1.06], "dtick": 0.25}},
        "summary": f"Best reward so far by designs: {finals or 'no session'}."}


def session_list(compared: Sequence[Member]) -> Markup:
    """One row a session, with the link to its trace."""
    rows = Markup("").join(
        Markup('<tr><th scope="row"><b>{}</b> <a href="{}">{}</a></th><td>{}</td><td>{}</td>'
               '<td><span class="status {}">{}</span></td><td class="num">{}</td><td class="num">{} of {}</td>'
               '<td class="num">{:,}</td></tr>').format(
            member.letter, review_link(member.id), member.id, member.state.task.circuit.name, member.state.policy,
            member.state.status, STATUS[member.state.status],
            reward(member.state.best.reward) if member.state.best else "\u2013", designs(member.state),
            member.state.task.budget, member.state.simulations) for member in compared)
    return _table("Compared sessions", ("Session", "Circuit", "Policy", "Status"),
                  ("Best reward", "Designs", "Simulations"), rows)


def spec_deltas(compared: Sequence[Member]) -> Markup:
    """Each metric of the best designs, its targets, and how far it is from the first session's."""
    parts = Markup("")
    for group in _by_circuit(compared):
        circuit = group[0].state.task.circuit
        rows = Markup("").join(_metric_row(circuit, metric.name, group) for metric in circuit.metrics)
        parts += _table(f"Best designs of {circuit.name}: metrics", ("Metric",),
                        ["Target", *(_heading(member) for member in group)], rows)
    return parts


def parameter_table(compared: Sequence[Member]) -> Markup:
    """The best designs side by side; what differs from the first session's is marked."""
    parts = Markup("")
    for group in _by_circuit(compared):
        circuit = group[0].state.task.circuit
        rows = Markup("").join(_parameter_row(parameter, group) for parameter in circuit.parameters)
        parts += _table(f"Best designs of {circuit.name}: parameters", ("Parameter",),
                        [_heading(member) for member in group], rows)
    return parts


def _by_circuit(compared: Sequence[Member]) -> list[list[Member]]:
    """Sessions with a design, those on the same parameters and metrics together."""
    groups: list[list[Member]] = []
    for member in (member for member in compared if member.design is not None):
        for group in groups:
            if _same(group[0].state.task.circuit, member.state.task.circuit):
                group.append(member)
                break
        else:
            groups.append([member])
    return groups


def _same(one: Circuit, other: Circuit) -> bool:
    return (one.name, one.parameters, one.metrics) == (other.name, other.parameters, other.metrics)


def _heading(member: Member) -> str:
    return f"{member.letter}, turn {member.design.index}"


def _metric_row(circuit: Circuit, name: str, group: Sequence[Member]) -> Markup:
    metric = circuit.metric(name)
    targets = dict.fromkeys(target(spec, metric.unit) for member in group for spec in member.state.task.specs
                            if spec.metric == name)
    values = [member.design.measurement.metrics.get(name) if member.design.measurement else None for member in group]
    cells = Markup("").join(_metric_cell(member, metric, value, values[0], place)
                            for place, (member, value) in enumerate(zip(group, values, strict=True)))
    return Markup('<tr><th scope="row" title="{}">{}</th><td class="num">{}</td>{}</tr>'
                  ).format(metric.definition, metric.title,
                           " / ".join(targets) or "\u2013", cells)


def _metric_cell(member: Member, metric: Metric, value: float | None, first: float | None, place: int) -> Markup:
    part = next((part for part in member.design.score.specs if part.metric == metric.name), None)
    mark = Markup("")
    if part is not None:
        kind = verdict(part)
        mark = Markup('<span class="verdict {}"><i aria-hidden="true">{}</i> {}</span>').format(kind, *WORDS[kind])
    delta = Markup("")
    if place and value is not None and first is not None:
        step = value - first
        delta = Markup('<small class="quiet">{}</small>').format(
            "same" if step == 0 else ("+" if step > 0 else MINUS) + metric.show(abs(step), 3))
    return Markup('<td class="num">{} {} {}</td>').format(metric.show(value), delta, mark)


def _parameter_row(parameter, group: Sequence[Member]) -> Markup:
    values = [member.design.proposal.parameters[parameter.name] for member in group]
    cells = Markup("")
    for value in values:
        differs = changed(values[0], value)
        note = change_text(parameter, value, values[0]) if differs else ""
        cells += Markup('<td class="num{}">{} <small>{}</small></td>').format(
            " changed" if differs else "", parameter.show(value), note)
    return Markup('<tr><th scope="row" title="{}"><code>{}</code></th>{}</tr>').format(
        parameter.role, parameter.name, cells)


def _table(caption: str, words: Sequence[str], numbers: Sequence[str], rows: Markup) -> Markup:
    titles = Markup("").join(Markup('<th scope="col">{}</th>').format(title) for title in words)
    titles += Markup("").join(Markup('<th scope="col" class="num">{}</th>').format(title) for title in numbers)
    return Markup('<section class="comparison"><h3>{}</h3><div class="scroll" tabindex="0"><table><thead><tr>{}</tr>'
                  "</thead><tbody>{}</tbody></table></div></section>").format(caption, titles, rows)
