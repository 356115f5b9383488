"""Races for the pages: several sessions of one task, followed together, and what each took to meet all specs."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sizing_app.errors import StoreError
from sizing_app.hub import watch
from sizing_app.session.events import SessionState, fold
from sizing_app.ui.services import PATIENCE, Services

LANES = 3
"""Policies that may race."""
STEP = 0.05
"""Seconds that are waited for news of one lane before the next one is asked."""
RACE = re.compile(rf"\w{{1,16}}(,\w{{1,16}}){{1,{LANES - 1}}}")


@dataclass(frozen=True)
class Finish:
    """What a lane took up to its first design that meets all specs."""

    designs: int
    """After the initial one."""
    simulations: int
    """Of all its turns up to there, the initial design's among them; one design may take several."""
    seconds: float
    """Of all its turns up to there."""


def read_race(text: str) -> list[str]:
    """The session ids of an address ``?race=ID,ID``. Raises ValueError with a sentence."""
    if not RACE.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is no race: expected two or three session ids with commas between.")
    return list(dict.fromkeys(text.split(",")))


def finish(state: SessionState) -> Finish | None:
    """None where no design met all specs."""
    seconds, designs, simulations = 0.0, 0, 0
    for turn in state.history:
        seconds += turn.seconds
        designs += turn.index > 0 and turn.measurement is not None
        simulations += turn.simulations
        if turn.score is not None and turn.score.passed:
            return Finish(designs, simulations, seconds)
    return None


def states(services: Services, ids: list[str]) -> Iterator[Mapping[str, SessionState]]:
    """All lanes now and after every change until all have ended. Raises StoreError if there is no such session."""
    readers = {id: watch(services.hub, services.store, id, timeout=STEP) for id in ids}
    lanes = {id: SessionState() for id in ids}
    told = 0.0
    while readers:
        changed = False
        for id, reader in list(readers.items()):
            batch = next(reader, None)
            if batch is None:
                del readers[id]
            elif batch[1]:
                lanes[id], changed = fold(batch[1], lanes[id]), True
        if changed or time.monotonic() - told > PATIENCE:
            told = time.monotonic()
            yield dict(lanes)


def running(services: Services, race: str) -> bool:
    """Whether a lane still runs; one that cannot be read does not."""
    try:
        return any(services.state(session_id).running for session_id in read_race(race))
    except (StoreError, ValueError):
        return False


def same_task(lanes: Mapping[str, SessionState]) -> bool:
    """Whether all lanes that have begun are sessions of one task."""
    tasks = [state.task for state in lanes.values() if state.task is not None]
    return all(task == tasks[0] for task in tasks)
