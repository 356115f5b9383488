"""Notes, stars and tags are stored at once and can be searched and filtered; older databases get them by migration."""

from dataclasses import replace

import pytest

from sqlalchemy import MetaData, Table, create_engine, insert, select

from sizing_app.errors import StoreError
from sizing_app.session.events import SessionFinished, TurnFinished
from sizing_app.store import SessionStore
from sizing_app.store.bulk import WholeSession
from sizing_app.store.migrations import upgrade
from sizing_app.store.notes import MAX_NOTE, Notes, read_tags
from tests.builders import GOOD, a_task, write
from tests.test_store import SCRIPT, run


@pytest.fixture
def store(database_url):
    store = SessionStore(database_url)
    yield store
    store.close()


def test_notes_are_stored_and_found(store):
    first, second = run(store)[0], run(store)[0]
    assert store.notes.read(first) == Notes()
    store.notes.write(first, note="Mirror is 100% too wide", starred=True, tags=["review", "mirror"])
    store.notes.write(second, tags=["mirror"])
    assert store.notes.read(first) == Notes("Mirror is 100% too wide", True, ("mirror", "review"))
    store.notes.write(first, tags=["mirror"])
    assert store.notes.tags([first, second]) == {first: ["mirror"], second: ["mirror"]}
    assert store.notes.known_tags() == ["mirror"]
    for wanted, filters in (([first], {"starred": True}), ([second], {"starred": False}), ([], {"tag": "review"}),
                            ([first], {"search": "WIDE 100"}), ([second], {"search": second[:7]})):
        assert [row.id for row in store.list(**filters)] == wanted and store.count(**filters) == len(wanted)
    assert store.count(tag="mirror") == 2
    row = store.summary(first)
    assert (row.starred, row.note, row.first_passed, row.origin) == (True, "Mirror is 100% too wide", 2, None)


def test_dates_bound_the_list(store):
    ids = [run(store)[0] for _ in range(3)]
    times = [store.summary(id).created for id in ids]
    assert {row.id for row in store.list(since=times[1])} == set(ids[1:])
    assert {row.id for row in store.list(since=times[0], until=times[2])} == set(ids[:2])


def test_tags_are_read_from_what_people_type():
    assert read_tags(" Review, low  power,review,, A-1 ") == ("a-1", "low power", "review")
    for text, message in (("<b>", "'<b>' is no tag"), ("x" * 41, "at most 40"),
                          (",".join(map(str, range(21))), "21 tags")):
        with pytest.raises(ValueError, match=message):
            read_tags(text)


def test_what_cannot_be_stored_is_said(store):
    id, _ = run(store)
    for call in (lambda: store.notes.read("nobody"), lambda: store.notes.write("nobody", starred=True)):
        with pytest.raises(StoreError, match="There is no stored session 'nobody'"):
            call()
    with pytest.raises(StoreError, match="at most"):
        store.notes.write(id, note="x" * (MAX_NOTE + 1))


def older(url: str, sessions: str) -> None:
    """Give an empty database the schema before notes, and what a current one holds."""
    with create_engine(url).begin() as new, create_engine(sessions).connect() as now:
        upgrade(new, "0001")
        for name in ("circuits", "sessions", "turns"):
            table = Table(name, MetaData(), autoload_with=new)
            rows = [dict(row) for row in now.execute(select(table)).mappings()]
            new.execute(insert(table), rows)
        if new.dialect.name == "postgresql":  # numbers that were given count as taken
            new.exec_driver_sql("SELECT setval(pg_get_serial_sequence('turns', 'id'), max(id)) FROM turns")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_database_is_brought_up_to_date(kind, tmp_path, request):
    """Sessions in the schema before notes get all that was added, the word index included."""
    url = f"sqlite:///{tmp_path}/old.db" if kind == "sqlite" else request.getfixturevalue("empty_postgresql")
    new = SessionStore(f"sqlite:///{tmp_path}/new.db")
    passed, failed = run(new)[0], run(new, SCRIPT[:1], replace(a_task(), budget=1))[0]
    older(url, f"sqlite:///{tmp_path}/new.db")
    new.close()
    again = SessionStore(url)
    assert (again.summary(passed).first_passed, again.summary(failed).first_passed) == (2, None)
    assert again.notes.read(passed) == Notes() and len(again.events(passed)) == 6
    assert [row.id for row in again.list(search="narrow meets")] == [passed]
    later, _ = run(again, [write("a new zeugma", GOOD)])
    assert [row.id for row in again.list(search="zeugma")] == [later] and again.count(search="power is") == 2
    again.close()


def test_words_may_stand_in_different_turns_and_in_whole_sessions(store):
    id, events = run(store)
    (copied,) = store.insert([WholeSession(events[:1] + [event for event in events[1:] if isinstance(event, (
        TurnFinished, SessionFinished))], "import", note="Zeugma")])
    assert {row.id for row in store.list(search="power narrower")} == {id, copied}
    assert [row.id for row in store.list(search="zeug")] == [copied] == [row.id for row in store.list(source="import")]
    assert sum(row.sessions for row in store.reached(search="narrower")) == 2
