"""A race to HTML: the verdict over all lanes, and the head of each."""

from collections.abc import Mapping

from markupsafe import Markup

from sizing_app.session.events import SessionState
from sizing_app.ui.parts.render import STATUS, block, counted, duration, met_count, reward, designs, task_line
from sizing_app.ui.parts.turns import Trace
from sizing_app.ui.race.races import Finish, finish, same_task

Titles = Mapping[str, str]


def verdict_blocks(lanes: Mapping[str, SessionState], titles: Titles) -> list[dict]:
    """One table with a row a lane, and the verdict in a sentence."""
    rows = Markup("").join(_row(id, state, titles) for id, state in lanes.items())
    first = next((state for state in lanes.values() if state.task is not None), None)
    task = task_line(first.task, "each its own") if first else ""
    warning = "" if same_task(lanes) else Markup(
        '<p class="warning" role="alert">These sessions have different tasks: compare them with care.</p>')
    return [block("verdict", Markup(
        '<section class="session-header race-verdict" aria-label="Verdict"><p class="verdict-line" role="status">{}</p>'
        '<div class="scroll"><table><caption class="sr-only">What every policy took</caption><thead><tr>'
        '<th scope="col">Policy</th><th scope="col">Status</th><th scope="col" class="num">Best reward</th>'
        '<th scope="col" class="num">Specs met</th><th scope="col" class="num">Designs to meet all</th>'
        '<th scope="col" class="num">Seconds to meet all</th><th scope="col" class="num">Designs used</th>'
        '<th scope="col" class="num">Simulations</th>'
        '<th scope="col">Session</th></tr></thead><tbody>{}</tbody></table></div><p class="task">{}</p>{}</section>'
    ).format(sentence(lanes, titles), rows, task, warning))]


def lane_blocks(state: SessionState, titles: Titles, number: int, trace: Trace) -> list[dict]:
    """Head of a lane and its turns, the newest first; ``trace`` is that of the lane."""
    head = Markup('<h3 class="lane lane-{}">{} <span class="status {}">{}</span></h3>').format(
        number + 1, title_of(state, titles), state.status, STATUS[state.status])
    return [block("lane", head), *trace.blocks(state)]


def sentence(lanes: Mapping[str, SessionState], titles: Titles) -> str:
    """Who met all specs, with how many designs; who comes closest if nobody does."""
    done = {id: found for id, state in lanes.items() if (found := finish(state))}
    running = any(state.running for state in lanes.values())
    if done:
        ranked = sorted(done, key=lambda id: (done[id].designs, done[id].seconds))
        texts = [f"{title_of(lanes[id], titles)} {_took(done[id])}" for id in ranked]
        rest = [title_of(state, titles) for id, state in lanes.items() if id not in done]
        missing = f" Not {'yet' if running else 'met'}: {', '.join(rest)}." if rest else ""
        return f"All specs met: {'; '.join(texts)}.{missing}"
    best = [(state.best.reward, title_of(state, titles)) for state in lanes.values() if state.best]
    if not best:
        return "Simulating the initial design."
    total, title = max(best)
    leader = f"{title} comes closest with a reward of {reward(total)}."
    return f"Nobody meets all specs yet; {leader}" if running else f"Nobody met all specs; {leader}"


def title_of(state: SessionState, titles: Titles) -> str:
    return titles.get(state.policy, state.policy or "\u2026")


def _row(id: str, state: SessionState, titles: Titles) -> Markup:
    found, best = finish(state), state.best
    budget = state.task.budget if state.task else 0
    return Markup('<tr><th scope="row">{}</th><td><span class="status {}">{}</span> {}</td><td class="num">{}</td>'
                  '<td class="num">{}</td><td class="num">{}</td><td class="num">{}</td><td class="num">{} of {}</td>'
                  '<td class="num">{:,}</td>'
                  '<td><a href="?session={}">{}</a></td></tr>').format(
        title_of(state, titles), state.status, STATUS[state.status], state.message,
        reward(best.reward) if best else "\u2013", met_count(best.score) if best else "\u2013",
        found.designs if found else "\u2013", f"{found.seconds:.2f}" if found else "\u2013",
        designs(state), budget, state.simulations, id, id)


def _took(found: Finish) -> str:
    return (f"with {counted(found.designs, 'design')}, {counted(found.simulations, 'simulation')} in "
            f"{duration(found.seconds)}")
