"""``circuits import``, ``check``, ``export``, ``remove``: own circuits from netlists to the database and back."""

import argparse
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import read_folder
from sizing_app.cli.import_words import draft_of
from sizing_app.cli.own_text import check_text, report_text
from sizing_app.cli.values import UsageError, print_json, read_circuit
from sizing_app.own.assembly import assemble
from sizing_app.own.check import check_own
from sizing_app.own.draft import Draft, DraftError
from sizing_app.own.draft_check import check_draft
from sizing_app.own.keeping import check_free, keep_original, known_design
from sizing_app.own.report import report_of
from sizing_app.own.upload import UploadError, circuit_in, files_of, is_circuit, packed
from sizing_app.simulator import SimulatorPool
from sizing_app.store import SessionStore
from sizing_app.testbenches.bench import bench_of


def run(args: argparse.Namespace) -> int:
    return {"import": _import, "check": _check, "export": _export, "remove": _remove}[args.action](args)


# ---- import

def _import(args: argparse.Namespace) -> int:
    """2 with all problems where it cannot go on, 1 where the file's own design does not simulate."""
    try:
        files = {name: text for path in args.files for name, text in files_of(Path(path)).items()}
        if is_circuit(files):
            return _import_folder(circuit_in(files, args.name or Path(args.files[0]).stem), args)
        draft = draft_of(files, args)
        return _import_draft(draft, args)
    except UploadError as error:
        raise UsageError(str(error)) from error
    except DraftError as error:
        return _refused([{"sentence": str(problem)} for problem in error.problems], {}, args)


def _import_folder(circuit: Circuit, args: argparse.Namespace) -> int:
    circuit = replace(circuit, name=args.name) if args.name else circuit
    key = _save(circuit, args)
    document = {"name": circuit.name, "key": key}
    print_json(document) if args.json else print(f"saved as {circuit.name} (key {key[:12]})")
    return 0


def _import_draft(draft: Draft, args: argparse.Namespace) -> int:
    made = assemble(draft)
    told = report_of(made)
    if told.problems or made.circuit is None:
        if not args.json:
            print(report_text(told))
        return _refused(told.document()["problems"], told.document(), args)
    check_free(made.name)
    with SimulatorPool(workers=1) as simulator:
        checked = check_draft(draft, simulator, designs=0)
    told = report_of(assemble(checked.draft))
    document = told.document() | {"check": checked.document()}
    if not args.json:
        print(report_text(told))
        if checked.polarity and checked.polarity.clear:
            print(f"inputs       {checked.polarity.sentence}")
        print(check_text(checked.found, checked.warnings))
    if not checked.circuit.specs:
        _print(document | {"key": ""}, args)
        print("sizing: the file's own design gives no metric to make specs of; nothing is saved", file=sys.stderr)
        return 1
    key = _save(checked.circuit, args)
    keep_original(checked.circuit, checked.found)
    _print(document | {"key": key}, args)
    if not args.json:
        print(f"saved as {checked.circuit.name} (key {key[:12]})")
    return 0


def _refused(problems: list[dict], document: dict, args: argparse.Namespace) -> int:
    _print({**document, "problems": problems}, args)
    for problem in problems:
        print(f"sizing: {problem['sentence']}", file=sys.stderr)
    return 2


def _save(circuit: Circuit, args: argparse.Namespace) -> str:
    check_free(circuit.name)
    with closing(SessionStore(args.database)) as store:
        return store.circuits.save(circuit)


# ---- check, export, remove

def _check(args: argparse.Namespace) -> int:
    folder = Path(args.handle)
    circuit = read_folder(folder) if (folder / "circuit.toml").is_file() else read_circuit(args.handle, args.database)
    with SimulatorPool(workers=1) as simulator:
        found = check_own(circuit, bench_of(circuit), known_design(circuit), simulator)
    if args.json:
        print_json({"name": circuit.name, "key": circuit.key, **found.document()})
    else:
        print(check_text(found))
    return 0 if found.original.ok else 1


def _export(args: argparse.Namespace) -> int:
    circuit = read_circuit(args.handle, args.database)
    try:
        Path(args.out).write_bytes(packed(circuit))
    except OSError as error:
        raise UsageError(f"--out {args.out}: {error.strerror or error}") from error
    document = {"name": circuit.name, "key": circuit.key, "file": args.out}
    print_json(document) if args.json else print(f"{circuit.name} (key {circuit.key[:12]}) written to {args.out}")
    return 0


def _remove(args: argparse.Namespace) -> int:
    with closing(SessionStore(args.database)) as store:
        if args.handle not in store.circuits:
            raise UsageError(f"there is no own circuit {args.handle!r}: {', '.join(store.circuits) or 'none is saved'}")
        kept = store.circuits.remove(args.handle)
    document = {"name": args.handle, "kept": kept}
    said = f"; {kept} of its versions stay with their sessions" if kept else ""
    print_json(document) if args.json else print(f"{args.handle} is removed{said}")
    return 0


def _print(document: dict, args: argparse.Namespace) -> None:
    if args.json:
        print_json(document)
