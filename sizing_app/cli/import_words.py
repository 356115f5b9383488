"""The options of ``circuits import`` to a draft."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

from sizing_app.cli.values import UsageError
from sizing_app.circuit.units import read_quantity
from sizing_app.own.draft import DECK, AddedMetric, Change, Draft
from sizing_app.own.upload import UploadError, files_of
from sizing_app.testbenches.template import template_names
from sizing_app.testbenches.wiring import ROLES

SHORT = {"inp": "in+", "inn": "in-", "inm": "in-", "outp": "out+", "outn": "out-", "outm": "out-", "vdd": "supply",
         "vcc": "supply", "vss": "ground", "gnd": "ground", "ibias": "bias current", "vbias": "bias voltage",
         "clk": "clock", "fb": "feedback", "ref": "reference", "cm": "common mode", "cmc": "common-mode control",
         "high": "tied high", "low": "tied low"}
"""Words for roles that need no quotes; a role may have - for its blank too."""


def draft_of(files: dict[str, str], args: argparse.Namespace) -> Draft:
    """Raises UsageError, UploadError or DraftError."""
    models = {name: text for path in args.models for name, text in files_of(Path(path)).items()}
    bench, bench_files, main = _testbench(args.testbench, files)
    return Draft(
        {**files, **models, **bench_files}, main, args.name or "", top=None if bench == DECK else args.subckt,
        process=args.process, parameters=_pairs(args.param, "--param", "NAME=VALUE"), as_written=args.as_written,
        roles=_roles(args.map), values=_pairs(args.bias, "--bias", "PORT=VALUE", small=True), testbench=bench,
        settings=_pairs(args.setting, "--setting", "NAME=VALUE"),
        changes=tuple(Change("lock", (name,)) for name in args.lock),
        metrics=tuple(AddedMetric(_meas(line)) for line in args.meas), better=_better(args.better),
        supplies=_number(args.supply, "V", "--supply"), loads=_number(args.load, "F", "--load"))


def _testbench(word: str | None, files: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """(class or DECK, further files, the file that is read first)."""
    if word is None or word == DECK or word in template_names():
        return word or "", {}, ""
    if not Path(word).is_file():
        raise UsageError(f"--testbench {word!r}: expected {', '.join(template_names())}, {DECK}, or a file")
    try:
        (name, text), *_ = files_of(Path(word)).items()
    except UploadError as error:
        raise UsageError(f"--testbench: {error}") from error
    return DECK, {name: text}, name


def _roles(words: Iterable[str]) -> dict[str, str]:
    roles = {}
    for role, port in _split(words, "--map", "ROLE=PORT"):
        known = SHORT.get(role.lower(), role.lower())
        known = next((name for name in ROLES if name in (known, known.replace("-", " "))), None)
        if known is None:
            raise UsageError(f"--map {role}={port}: expected a role, one of {', '.join((*ROLES, *SHORT))}")
        roles[port.lower()] = known
    return roles


def _better(words: Iterable[str]) -> dict[str, str]:
    pairs = dict(_split(words, "--better", "METRIC=WORD"))
    if wrong := [word for word in pairs.values() if word not in ("high", "low", "near")]:
        raise UsageError(f"--better {wrong[0]!r}: expected high, low or near")
    return pairs


def _meas(line: str) -> str:
    return line if re.match(r"\.?meas(ure)?\s", line.strip(), re.IGNORECASE) else f".meas {line}"


def _pairs(words: Iterable[str], option: str, form: str, small: bool = False) -> dict[str, str]:
    return {name.lower() if small else name: value for name, value in _split(words, option, form)}


def _split(words: Iterable[str], option: str, form: str) -> Iterable[tuple[str, str]]:
    for word in words:
        name, equals, value = (part.strip() for part in word.partition("="))
        if not (name and equals and value):
            raise UsageError(f"{option} {word!r}: expected {form}")
        yield name, value


def _number(text: str | None, unit: str, option: str) -> tuple[float, ...]:
    try:
        return () if text is None else (read_quantity(text, unit),)
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: {error}") from error
