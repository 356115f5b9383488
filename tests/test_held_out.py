"""Held-out circuits are for evaluation alone: training has one way to a circuit, which refuses them."""

import json
import subprocess
import sys

import pytest

from sizing_app.circuit.folder import load_circuits, load_training_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.train.command import main
from tests.test_layers import imports, modules, room

HELD_OUT = {"FDOTA", "FVFLDO", "NMC", "OPAMP1", "OPAMP2", "OPAMP3", "OPAMP4", "VREF"}
LISTEN = """
import json, os, sys
opened = set()
sys.addaudithook(lambda event, words: event == "open" and isinstance(words[0], str) and opened.add(words[0]))
from sizing_app.train.command import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted(map(os.path.abspath, opened))]))
"""
"""Runs the training command and tells which files it opened."""


def data_stage(tmp_path, *words: str) -> list[str]:
    """What the training command is given, every folder in ``tmp_path``."""
    folders = [word for name in ("out", "data", "models") for word in (f"--{name}", str(tmp_path / name))]
    return ["data", *words, *folders]


def test_these_are_held_out():
    assert {name for name, circuit in load_circuits().items() if circuit.held_out} == HELD_OUT


@pytest.mark.parametrize("name", sorted(HELD_OUT))
def test_training_refuses_them(name):
    with pytest.raises(CircuitError, match=f"{name} is held out for evaluation"):
        load_training_circuit(name)


def test_the_training_command_refuses_them_before_it_writes_anything(tmp_path, capsys):
    assert main(data_stage(tmp_path, "--circuits", "OTA,OPAMP2")) == 2 and not any(tmp_path.iterdir())
    assert "OPAMP2 is held out for evaluation" in capsys.readouterr().err


def test_training_opens_no_file_of_them_and_no_evaluation_query(tmp_path):
    command = [sys.executable, "-c", LISTEN, *data_stage(tmp_path, "--time-limit", "0.1")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    code, opened = json.loads(result.stdout.splitlines()[-1])
    folders = {path.split("/circuits/")[1] for path in opened if "/circuits/" in path}
    assert code == 75 and {"OTA/circuit.toml", "MILLER/circuit.toml"} <= folders
    assert not [path for path in folders if path.split("/")[0] in HELD_OUT or "queries" in path]


def test_training_has_no_other_way_to_a_circuit():
    found = {name for module, path in modules().items() if room(module) in ("train", "verl") for name in imports(path)
             if name.startswith(("sizing_app.circuit.folder.", "sizing_app.evaluate"))}
    assert found == {f"sizing_app.circuit.folder.{name}" for name in ("golden", "load_training_circuit")}
