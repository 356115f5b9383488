"""Testbenches that find an operating point for any cell: every port driven by what its role needs, nothing measured but
node voltages. For tests of the reader; ready testbenches of the product measure more."""

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Analysis, Measure, Metric
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.own.conditions import SUPPLIES
from sizing_app.spice.build import corners_of, supply_of
from sizing_app.spice.cell import Cell
from sizing_app.spice.names import Nets
from sizing_app.spice.roles import BIAS_CURRENT, GROUND, OUTPUTS, SUPPLY
from sizing_app.testbenches.bench import Bench



def op_bench(cell: Cell, ports: dict[str, str], nets: tuple[str, ...] = ()) -> tuple[Bench, ConditionSpace]:
    """Supplies at their voltage, outputs with 1 MOhm, bias currents 10 uA, other inputs at half the supply. Measured
    are ``nets``, by default all ports but grounds."""
    names = Nets({net: "0" for net, role in ports.items() if role == GROUND})
    lines = []
    for number, (net, role) in enumerate(ports.items()):
        if cell.top == MAIN or names(net) == "0":
            continue
        if role == SUPPLY:
            lines.append(f"Vsup{number} {names(net)} 0 {{supply}}")
        elif role in OUTPUTS:
            lines.append(f"Rout{number} {names(net)} 0 1meg")
        elif role == BIAS_CURRENT:
            lines.append(f"Ibias{number} {_from_or_to(cell, net, names)} 10u")
        else:
            lines.append(f"Vin{number} {names(net)} 0 {{supply/2}}")
    every = dict.fromkeys(net for device in cell.scopes[cell.top] for net in device.nets)
    measured = [names(net) for net in nets or (ports if set(map(names, ports)) - {"0"} else every) if names(net) != "0"]
    metrics = tuple(Metric(f"v_{name}", f"Voltage of {name}", "V", "magnitude at the operating point")
                    for name in measured)
    measures = tuple(Measure(f"v_{name}", "dc_error", {"analysis": "op", "output": f"v({name})", "target": 0.0})
                     for name in measured)
    supply = supply_of(cell, ports) or SUPPLIES.get(cell.process, 1.8)
    bench = Bench("\n".join([*lines, ".option keepopinfo itl1=200 itl2=200"]),
                  (Analysis("op", "op", save=tuple(f"v({name})" for name in measured)),), metrics, measures,
                  dict.fromkeys((metric.name for metric in metrics), "near"))
    return bench, ConditionSpace(corners_of(cell), (27.0,), (supply,), (1e-12,))


def _from_or_to(cell: Cell, net: str, names: Nets) -> str:
    """Nets of a current source: into an NMOS diode, out of a PMOS one."""
    p = any(device.polarity == "p" and device.gate == net for device in cell.devices if device.is_transistor)
    return f"{names(net)} 0" if p else f"0 {names(net)}"
