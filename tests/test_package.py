"""What is installed works elsewhere than in a checkout, and in a notebook."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import sizing_app
from sizing_app.circuit.folder import circuit_names
from sizing_app.cli.install_pdks import PACKAGES
from sizing_app.policy import close_engines

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with what the wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True,
                   capture_output=True)
    wheel, = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def shipped_files() -> set[str]:
    """Where a wheel must have each file of the package, its circuits and its models."""
    places = {"sizing_app": "sizing_app", "circuits": "sizing_app/data/circuits", "models": "sizing_app/data/models"}
    return {str(there / path.relative_to(ROOT / here)) for here, there in ((a, Path(b)) for a, b in places.items())
            for path in (ROOT / here).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")}


def run(installed: Path, folder: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_DATA_HOME": str(folder / "home")}
    result = subprocess.run([sys.executable, "-m", "sizing_app", *words], cwd=folder, env=environment, text=True,
                            capture_output=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_wheel_has_every_file_of_the_checkout(installed):
    there = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert not shipped_files() - there
    needed = [f"circuits/{name}/{file}" for name in ("OTA", "FDOTA", "NMC", "VREF", "FVFLDO")
              for file in ("circuit.toml", "golden.json")]
    needed += [f"models/tl-grpo/{file}" for file in ("model.safetensors", "config.json", "tokenizer.json")]
    assert {f"sizing_app/data/{file}" for file in needed} <= there
    assert "sizing_app/store/migrations/versions/0001_sessions.py" in there


def test_a_wheel_works_from_any_folder(installed, tmp_path):
    listed = run(installed, tmp_path, "circuits")
    assert all(name in listed for name in circuit_names())
    assert '"passed": true' in run(installed, tmp_path, "simulate", "OTA", "--golden", "--json")
    assert "best reward" in run(installed, tmp_path, "size", "OTA", "--policy", "tl-grpo", "--budget", "1")
    assert (tmp_path / "home" / "sizing" / "sessions.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    script = next(installed.glob("*.dist-info/entry_points.txt")).read_text()
    assert "sizing = sizing_app.cli:main" in script


def test_the_models_are_those_of_the_requirements():
    pinned = [line for line in (ROOT / "requirements-pdk.txt").read_text().splitlines() if not line.startswith("#")]
    assert list(PACKAGES) == pinned


def test_the_notebook_of_the_documentation_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    try:
        for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "notebook.md").read_text(), re.DOTALL):
            exec(block, names)
    finally:
        close_engines()
    session = names["session"]
    assert session.frame().loc[0, "reward"] == session.state.history[0].reward
    assert set(sizing_app.sessions()["circuit"]) == {"OTA"} and "OTA" in session._repr_html_()
    with pytest.raises(ValueError, match="'load_' is none of"):
        sizing_app.simulate("OTA", load_=1)
    with pytest.raises(ValueError, match="unknown circuit 'NOPE'"):
        sizing_app.size("NOPE")
    with pytest.raises(AttributeError):
        sizing_app.nothing()
