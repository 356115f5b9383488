"""``simulate --devices``: the operating point of every transistor, as a designer reads it."""

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.cli.tables import aligned, design_line
from sizing_app.cli.values import print_json
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.device_table import COLUMNS, NOTE, device_cells
from sizing_app.simulator.inspection import REGIONS, Device, OperatingPoint


def run_devices(circuit: Circuit, parameters: Parameters, conditions: Conditions, as_json: bool) -> int:
    with SimulatorPool(workers=1) as simulator:
        point = simulator.operating_point(circuit, parameters, conditions)
    if as_json:
        print_json(_document(circuit, parameters, conditions, point))
    else:
        print(f"{circuit.name}, {conditions.show()}\n{design_line(circuit, parameters)}")
        print("\n" + "\n".join(_table(point)) if point.ok else f"status {point.status}\n{point.log}")
    return 0 if point.ok else 1


def _table(point: OperatingPoint) -> list[str]:
    rows = [*zip(*COLUMNS, strict=True), *map(device_cells, point.devices)]
    return [*aligned(rows, left={0, 1, len(COLUMNS) - 1}), point.place, REGIONS, NOTE]


def _document(circuit: Circuit, parameters: Parameters, conditions: Conditions, point: OperatingPoint) -> dict:
    return {"circuit": circuit.name, "conditions": conditions.document(), "parameters": dict(parameters),
            "status": point.status, "analysis": point.analysis or None,
            "devices": [_device(device) for device in point.devices], "seconds": point.seconds, "log": point.log}


def _device(device: Device) -> dict:
    """SI units."""
    return {"name": device.name, "model": device.model, "width": device.width, "length": device.length,
            "id": device.current, "gm": device.gm, "gds": device.gds, "gm_over_id": device.efficiency,
            "vgs": device.vgs, "vth": device.vth, "vov": device.overdrive, "vds": device.vds, "vdsat": device.vdsat,
            "region": device.region}
