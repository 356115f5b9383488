"""Words of the command line to typed values; what is wrong becomes a UsageError that says what is allowed."""

import argparse
import json
import math
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sizing_app.circuit import variation
from sizing_app.circuit.catalog import FolderCatalog
from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.folder import golden, has_golden
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.units import read_quantity, show_quantity
from sizing_app.circuit.validation import Invalid, check_spec
from sizing_app.policy import POLICIES, PolicySettings, default_for
from sizing_app.task.definition import Plan
from sizing_app.task.goal import Goal, read_goal
from sizing_app.task.over import read_over
from sizing_app.task.validation import MAX_SEED

_SPEC = re.compile(r"\s*(\w+)\s*(?:=\s*(<=|>=|<|>|)|(<=|>=|<|>))\s*(.+)$")


class UsageError(ValueError):
    """A wrong name or value; the message says in one line what is allowed."""


def read_circuit(handle: str, database: str) -> Circuit:
    """By name or key: of the circuits folders, else of the database, which is opened only then."""
    with suppress(KeyError):
        return FolderCatalog()[handle]
    from sizing_app.store.catalog import open_catalog
    with open_catalog(database) as circuits:
        if handle not in circuits:
            raise UsageError(f"unknown circuit {handle!r}: choose one of {', '.join(circuits)}")
        return circuits[handle]


def read_count(text: str, name: str, lowest: int = 1, highest: int | None = None) -> int:
    allowed = f"a whole number from {lowest}" + (f" to {highest}" if highest is not None else "")
    if not re.fullmatch(r"\d{1,15}", text) or int(text) < lowest or (highest is not None and int(text) > highest):
        raise UsageError(f"{name} {text!r}: expected {allowed}")
    return int(text)


def read_names(text: str, allowed: Collection[str], what: str) -> list[str]:
    """A list with commas, without repetitions."""
    names = list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    unknown = [name for name in names if name not in allowed]
    if unknown or not names:
        raise UsageError(f"unknown {what} {(unknown or [text])[0]!r}: choose one or more of {','.join(allowed)}")
    return names


def read_parameters(circuit: Circuit, words: Iterable[str], base: Parameters) -> Parameters:
    """``base`` with the values of NAME=VALUE words."""
    values = dict(base)
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        names = [parameter.name for parameter in circuit.parameters]
        if not equals or name not in names:
            raise UsageError(f"{word!r}: expected NAME=VALUE with a name of {', '.join(names)}")
        parameter = circuit.parameter(name)
        value = _number(text, parameter.unit, word)
        if problem := parameter.problem(value):
            raise UsageError(f"{word!r}: {parameter.show(value)} {problem}")
        values[name] = value
    return values


def read_design(circuit: Circuit, words: Sequence[str], from_golden: bool = False) -> Parameters:
    """The golden design with the values of NAME=VALUE words. It is not needed where all of them are given."""
    names = [parameter.name for parameter in circuit.parameters]
    missing = [name for name in names if name not in {word.partition("=")[0].strip() for word in words}]
    if from_golden or (missing and has_golden(circuit)):
        return read_parameters(circuit, words, golden(circuit)["parameters"])
    parameters = read_parameters(circuit, words, {})
    if missing:
        raise UsageError(f"{circuit.name} has no golden design to start from: set {', '.join(missing)} too")
    return {name: parameters[name] for name in names}


def read_specs(circuit: Circuit, words: Iterable[str]) -> tuple[Spec, ...]:
    """The default specs with the targets of METRIC=TARGET words; a metric without a default spec is added."""
    specs = {spec.metric: spec for spec in circuit.specs}
    for word in words:
        spec = _read_spec(circuit, word)
        specs[spec.metric] = spec
    return tuple(specs.values())


def read_conditions(circuit: Circuit, args: argparse.Namespace, base: Conditions | None = None) -> Conditions:
    """``base``, else the nominal conditions, with what --corner, --temperature, --supply and --load say."""
    space, conditions = circuit.conditions, base or circuit.conditions.nominal
    if args.corner is not None:
        if args.corner not in space.corners:
            raise UsageError(f"--corner {args.corner!r}: choose one of {', '.join(space.corners)}")
        conditions = replace(conditions, corner=args.corner)
    for name, values, unit in (("temperature", space.temperatures, "C"), ("supply", space.supplies, "V"),
                               ("load", space.loads, "F")):
        text = getattr(args, name)
        if text is not None:
            value = _number(text, unit, f"--{name} {text}")
            if not min(values) * 0.999 <= value <= max(values) * 1.001 and value not in values:
                raise UsageError(f"--{name} {text!r}: {circuit.name} is specified from "
                                 f"{show_quantity(min(values), unit)} to {show_quantity(max(values), unit)}")
            conditions = replace(conditions, **{name: value})
    return conditions


def read_plan(circuit: Circuit, conditions: Conditions, text: str) -> Plan | None:
    """Where designs are judged: nominal, corners, or a choice (task/over.py)."""
    try:
        return read_over(circuit, conditions, text)
    except Invalid as error:
        raise UsageError(str(error)) from error


def read_draw(circuit: Circuit, conditions: Conditions, args: argparse.Namespace, seed: str,
              sample: str | None = None) -> Draw:
    """A sample, 0 the first, with what --vary and --pelgrom say."""
    number = 0 if sample is None else read_count(sample, "--sample", 0, MAX_SEED)
    seed = read_count(seed, "--seed", 0, MAX_SEED)
    try:
        return variation.first_sample(circuit, conditions, seed, read_pelgrom(args), number, args.vary == "all")
    except ModelError as error:
        raise UsageError(str(error)) from error


def read_pelgrom(args: argparse.Namespace) -> tuple[float, float] | None:
    """The coefficients of --pelgrom."""
    try:
        return None if args.pelgrom is None else variation.read_pelgrom(args.pelgrom)
    except Invalid as error:
        raise UsageError(f"--{error}") from error


def read_policy(args: argparse.Namespace, circuit: Circuit) -> str:
    """The policy's name; a server without one means its chat model, else a table says which (policy/default.py)."""
    name = args.policy or ("chat" if args.base_url else default_for(circuit, int(args.budget)))
    if name not in POLICIES:
        raise UsageError(f"unknown policy {name!r}: choose one of {', '.join(POLICIES)}")
    return name


def read_ends(text: str, unit: str, option: str) -> tuple[float, float]:
    """LOW..HIGH."""
    low, dots, high = text.partition("..")
    if not dots:
        raise UsageError(f"{option} {text!r}: expected LOW..HIGH")
    return _number(low, unit, f"{option} {text}"), _number(high, unit, f"{option} {text}")


def read_then(text: str) -> Goal | None:
    """What is pushed once all specs are met."""
    try:
        return read_goal(text)
    except Invalid as error:
        raise UsageError(f"--{error}") from error


def read_settings(args: argparse.Namespace) -> PolicySettings:
    if args.base_url is not None and not re.match(r"https?://[^/\s]+", args.base_url):
        raise UsageError(f"--base-url {args.base_url!r}: expected an address such as http://127.0.0.1:8000/v1")
    sampling, temperature = getattr(args, "sampling", None), None
    if sampling is not None:
        temperature = _number(sampling, "", f"--sampling-temperature {sampling}")
        if not 0.0 <= temperature <= 2.0:
            raise UsageError(f"--sampling-temperature {sampling!r}: expected a number from 0 to 2")
    limits = {name: _reply_limit(args, name) for name in ("reply_tokens", "reply_characters")}
    return PolicySettings(args.base_url, args.model, temperature=temperature, **limits)


def _reply_limit(args: argparse.Namespace, name: str) -> int | None:
    text, option = getattr(args, name, None), f"--{name.replace('_', '-')}"
    if text is not None and not (text.isascii() and text.isdigit() and int(text[:9]) >= 1 and len(text) < 9):
        raise UsageError(f"{option} {text!r}: expected a whole number from 1")
    return None if text is None else int(text)


def read_users(text: str | None) -> dict[str, str]:
    """USER:PASSWORD, or a file of such lines (empty ones and those with # are passed over); empty without ``text``."""
    if text is None:
        return {}
    try:
        lines = Path(text).read_text().splitlines() if Path(text).is_file() else [text]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--auth {text!r}: the file cannot be read") from error
    pairs = [line.strip().partition(":") for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not pairs or not all(name and password for name, _, password in pairs):
        raise UsageError("--auth: expected USER:PASSWORD, or a file with one such pair in a line")
    return {name: password for name, _, password in pairs}


def print_json(document: object) -> None:
    """The one JSON document of a command; NaN and infinity are errors."""
    json.dump(document, sys.stdout, indent=1, allow_nan=False)
    print()


def _read_spec(circuit: Circuit, word: str) -> Spec:
    match, metrics = _SPEC.match(word), {metric.name: metric for metric in circuit.metrics}
    if not match or match[1] not in metrics:
        raise UsageError(f"{word!r}: expected METRIC=TARGET with a metric of {', '.join(metrics)}")
    name, sign, text = match[1], match[2] or match[3] or "", match[4]
    default = next((spec for spec in circuit.specs if spec.metric == name), None)
    low_text, dots, high_text = text.partition("..")
    unit, scale = metrics[name].unit, default.scale if default else None
    if dots:
        low, high = _number(low_text, unit, word), _number(high_text, unit, word)
        if sign:
            raise UsageError(f"{word!r}: expected a range LOW..HIGH without {sign}")
        spec = Spec(name, low, high, scale)
    else:
        if not sign and (default is None or default.kind == "range"):
            raise UsageError(f"{word!r}: write {name}=LOW..HIGH, {name}=>=LOW or {name}=<=HIGH")
        upper = sign.startswith("<") or (not sign and default.kind == "upper")
        value = _number(text, unit, word)
        spec = Spec(name, None if upper else value, value if upper else None, scale)
    try:
        check_spec(spec, repr(word), unit)
    except Invalid as error:
        raise UsageError(str(error)) from error
    return spec


def _number(text: str, unit: str, word: str) -> float:
    try:
        value = read_quantity(text, unit)
    except ValueError as error:
        raise UsageError(f"{word!r}: {error}") from error
    if not math.isfinite(value):
        raise UsageError(f"{word!r}: expected a finite number")
    return value
