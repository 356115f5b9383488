"""Imports go one way, heavy libraries have one home, and starting is light: read from the syntax trees."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    ("errors", "paths", "process"),
    ("circuit",),
    ("testbenches",),
    ("task", "spice"),
    ("pools",),
    ("prompt", "search"),
    ("simulator", "policy"),
    ("session", "own"),
    ("store", "evaluate", "train"),
    ("hub", "checks"),
    ("ui", "verl", "report"),
    ("cli", "app", "__main__"),
    ("notebook",),
)
"""Rooms, each of which may import those before it."""
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
PAGE_ROOMS = ("doors", "visitors", "server", "live", "parts", "services", "forms", "forks", "signoff", "session",
              "race", "library", "catalogue", "own", "exchange", "page")
"""Rooms and files of ui/; each may import those before it."""
HOMES = {"gradio": ("ui",), "torch": ("train", "policy"), "botorch": ("policy",), "transformers": ("train",),
         "PySpice": ("simulator",), "sqlalchemy": ("store",), "alembic": ("store",), "verl": ("verl",),
         "jinja2": ("report",), "ray": ("verl", "simulator"), "pyarrow": ("verl",)}


def modules() -> dict[str, Path]:
    """Dotted name to file, of the package and app.py."""
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in ROOT.glob("sizing_app/**/*.py")}
    named = {name.removesuffix(".__init__"): path for name, path in files.items()}
    return named | {"app": ROOT / "app.py"}


def imports(path: Path) -> set[str]:
    """Every dotted name that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(module: str) -> str:
    """The part of the package that a module belongs to."""
    parts = module.split(".")
    return parts[1] if parts[0] == "sizing_app" and len(parts) > 1 else parts[0]


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Module to the modules of the package that it imports."""
    known = modules()
    return {name: imports(path) & set(known) - {name, "sizing_app"} for name, path in known.items()}


def test_every_module_has_a_layer():
    assert {room(name) for name in modules()} - {"sizing_app"} <= set(RANK)


def test_imports_go_one_way(graph):
    upward = [f"{module} imports {other}" for module, others in graph.items() for other in others
              if module != "sizing_app" and RANK[room(other)] > RANK[room(module)]]
    assert not upward


def test_rooms_of_the_pages_import_one_way(graph):
    places = {name: PAGE_ROOMS.index(name.split(".")[2]) for name in graph if name.startswith("sizing_app.ui.")}
    upward = [f"{module} imports {other}" for module in places for other in graph[module]
              if places.get(other, -1) > places[module]]
    assert len(places) > 40 and not upward


def test_there_are_no_import_cycles(graph):
    finished: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in finished:
            for other in graph[module]:
                visit(other, (*path, module))
            finished.add(module)

    for module in graph:
        visit(module, ())


def test_heavy_libraries_stay_at_home():
    strays = [f"{module} imports {name}" for module, path in modules().items() for name in imports(path)
              if room(module) not in HOMES.get(name.split(".")[0], (room(module),))]
    assert not strays


@pytest.mark.parametrize("module, banned", [
    ("sizing_app.cli", ("torch", "transformers", "gradio", "sqlalchemy", "matplotlib", "PySpice")),
    ("sizing_app.cli.serve", ("torch", "transformers", "matplotlib", "PySpice")),
])
def test_starting_is_light(module, banned):
    """What ``serve`` imports when it runs counts too."""
    wanted = imports(modules()[module]) & set(modules()) if module.endswith("serve") else ()
    code = f"import sys, {', '.join(sorted({module, *wanted}))}; print(*[x for x in {banned!r} if x in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr
