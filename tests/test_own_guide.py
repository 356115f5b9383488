"""docs/own-circuit.md: its netlists, commands and program, as they stand there."""

import re
import shlex
from contextlib import closing
from pathlib import Path

import pytest

from sizing_app.cli import main
from sizing_app.cli.import_words import draft_of
from sizing_app.cli.parser import build_parser
from sizing_app.own import examples
from sizing_app.own.report import report
from sizing_app.simulator.confine import missing
from sizing_app.simulator.plain import plain
from sizing_app.session.events import fold
from sizing_app.store import SessionStore

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "own-circuit.md").read_text()
FILES = dict(re.findall(r"^```spice (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
COMMANDS = [[line for line in block.splitlines() if line.startswith("sizing ")]
            for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)]
PROGRAM = re.search(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("lines", COMMANDS, ids=["op-amp", "ldo", "oscillator"])
def test_from_a_netlist_to_a_sized_one(lines, folder, capfd):
    database = ["--database", f"sqlite:///{folder}/guide.db"]
    for line in lines:
        assert main([*shlex.split(line)[1:], *database]) == 0, capfd.readouterr().err
    told = capfd.readouterr().out
    assert "all specs met" in told
    if not missing() and "RING" in lines[0]:
        assert "plain ngspice" in told and "differs from" not in told
    with closing(SessionStore(database[1])) as store:
        row, = store.list()
        state = fold(store.events(row.id))
    assert row.passed and row.policy == "response-surface"
    assert main(["sessions", "export", row.id, "--netlist", *database]) == 0
    netlist = capfd.readouterr().out
    assert netlist.rstrip().endswith(".end")
    assert not any("{" in line for line in netlist.splitlines() if line[:1] != "*")
    if not missing() and "RING" in lines[0]:
        found = plain(netlist, state.task.circuit.analyses)
        assert found.ok and len(found.vectors["tran"]["time"]) > 100


def test_the_page_offers_the_circuits_of_the_guide(folder):
    """The same texts, with the choices of the commands."""
    assert {name: text for example in examples.EXAMPLES for name, text in example.draft().files.items()} == FILES
    for example, lines in zip(examples.EXAMPLES, COMMANDS, strict=True):
        args = build_parser().parse_args(shlex.split(lines[0])[1:])
        assert draft_of({name: FILES[name] for name in args.files}, args) == example.draft()
        assert report(example.draft()).problems == ()


def test_the_program(folder, capsys):
    exec(compile(PROGRAM, "own-circuit.md", "exec"), {})
    assert capsys.readouterr().out.startswith("() ['w_pass', 'l_pass', 'm_pass', 'w_amp'")
