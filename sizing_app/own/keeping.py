"""What is kept of an import beside its circuit."""

import json

from sizing_app.circuit.catalog import FolderCatalog
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import golden, golden_path, has_golden
from sizing_app.own.check import OwnCheck
from sizing_app.own.draft import DraftError
from sizing_app.policy.designs import from_unit
from sizing_app.spice.lines import NOWHERE, Remark


def check_free(name: str) -> None:
    """Raise DraftError for the name of a circuit of the folders: by its name that one would be found."""
    if name in FolderCatalog():
        raise DraftError((Remark(NOWHERE, name, "comes with the program: choose another name"),))


def known_design(circuit: Circuit) -> Parameters:
    """The design that an imported file had, where it is known; else the middle of the ranges."""
    return golden(circuit)["parameters"] if has_golden(circuit) else from_unit(circuit, [0.5] * len(circuit.parameters))


def keep_original(circuit: Circuit, found: OwnCheck) -> bool:
    """The file's own design, which meets the first specs, as the circuit's golden one; whether it has all metrics."""
    metrics = dict(found.original.metrics)
    if any(metrics.get(metric.name) is None for metric in circuit.metrics) or not found.original.ok:
        return False
    _write(circuit, {"parameters": dict(found.design), "metrics": metrics})
    return True


def keep_same(old: Circuit, new: Circuit) -> None:
    """The golden design of a circuit, if it has one, for the same under another name."""
    if has_golden(old):
        _write(new, golden(old))


def _write(circuit: Circuit, design: dict) -> None:
    path = golden_path(circuit)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(design, indent=1))
