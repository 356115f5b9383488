"""What is kept of an import beside its circuit."""

import json

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import golden_path
from sizing_app.own.check import OwnCheck


def keep_original(circuit: Circuit, found: OwnCheck) -> bool:
    """The file's own design, which meets the first specs, as the circuit's golden one; whether it has all metrics."""
    metrics = dict(found.original.metrics)
    if any(metrics.get(metric.name) is None for metric in circuit.metrics) or not found.original.ok:
        return False
    path = golden_path(circuit)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"parameters": dict(found.design), "metrics": metrics}, indent=1))
    return True
