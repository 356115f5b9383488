"""Read a TOML table key by key, with messages that say which file, which key and what was expected."""

from collections.abc import Mapping
from pathlib import Path

from sizing_app.circuit.units import read_quantity


class CircuitError(ValueError):
    """A circuit folder is wrongly described: the message names the file, the key and what was expected."""


class Table:
    """A TOML table that knows where it stands, so that a message can name the file and the key."""

    def __init__(self, path: Path, values: Mapping, where: str = ""):
        self.path, self.values, self.where = path, values, where

    def only(self, *keys: str) -> None:
        """Raise CircuitError for a key that nothing reads: most likely a slip of the pen."""
        for key in self.values:
            if key not in keys:
                raise self.fail(key, f"no such key, only {', '.join(keys)}")

    def fail(self, key: str, expected: str) -> CircuitError:
        found = f"found {self.values[key]!r}" if key in self.values else "it is missing"
        return CircuitError(f"{self.path}: {self.where}{key}: expected {expected}, {found}")

    def text(self, key: str) -> str:
        if not isinstance(self.values.get(key), str) or not self.values[key].strip():
            raise self.fail(key, "a text")
        return self.values[key]

    def unit(self) -> str:
        """The ``unit``, which is an empty text for a pure number."""
        return "" if self.values.get("unit") == "" else self.text("unit")

    def choice(self, key: str, allowed, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or value not in allowed:
            raise self.fail(key, f"one of {', '.join(allowed)}")
        return value

    def flag(self, key: str) -> bool:
        if not isinstance(self.values.get(key, False), bool):
            raise self.fail(key, "true or false")
        return self.values.get(key, False)

    def number(self, key: str, unit: str = "", optional: bool = False) -> float | None:
        if optional and key not in self.values:
            return None
        return self._number(key, self.values.get(key), unit)

    def numbers(self, key: str, unit: str = "") -> tuple[float, ...]:
        values = self.values.get(key)
        if not isinstance(values, list) or not values:
            raise self.fail(key, "a list of numbers")
        return tuple(self._number(key, value, unit) for value in values)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.values.get(key)
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise self.fail(key, "a list of texts")
        return tuple(values)

    def section(self, key: str) -> "Table":
        if not isinstance(self.values.get(key), dict):
            raise self.fail(key, "a table")
        return Table(self.path, self.values[key], f"{self.where}{key}.")

    def tables(self, key: str) -> list["Table"]:
        entries = self.values.get(key)
        if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
            raise self.fail(key, f"one or more [[{key}]] tables")
        return [Table(self.path, entry, f"{key}[{index}].") for index, entry in enumerate(entries)]

    def mapping(self) -> dict:
        return dict(self.values)

    def _number(self, key: str, value, unit: str) -> float:
        if value is None:
            raise self.fail(key, "a number with an SI suffix, such as 4.7u")
        try:
            return read_quantity(value, unit)
        except ValueError as error:
            raise CircuitError(f"{self.path}: {self.where}{key}: {error}") from None
