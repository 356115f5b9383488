"""``simulate --devices``: the operating point of every transistor, as a designer reads it."""

from collections.abc import Sequence

from sizing_app.cli.simulate import design_line
from sizing_app.cli.tables import aligned
from sizing_app.cli.values import print_json
from sizing_app.domain import Circuit, Conditions, Parameters
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.inspection import REGIONS, Device, OperatingPoint
from sizing_app.units import format_si

COLUMNS = ("device", "model", "W", "L", "Id", "gm", "gds", "gm/Id", "Vov", "Vds", "Vdsat", "region")
UNITS = ("", "", "m", "m", "A", "S", "S", "1/V", "V", "V", "V", "")


def run_devices(circuit: Circuit, parameters: Parameters, conditions: Conditions, as_json: bool) -> int:
    with SimulatorPool(workers=1) as simulator:
        point = simulator.operating_point(circuit, parameters, conditions)
    if as_json:
        print_json(_document(circuit, parameters, conditions, point))
    else:
        print(f"{circuit.name}, {conditions.show()}\n{design_line(circuit, parameters)}")
        print("\n" + "\n".join(_table(point.devices)) if point.ok else f"status {point.status}\n{point.log}")
    return 0 if point.ok else 1


def _table(devices: Sequence[Device]) -> list[str]:
    lines = aligned([COLUMNS, UNITS, *map(_row, devices)], left={0, 1, len(COLUMNS) - 1})
    return [*lines, REGIONS, "Currents and conductances of all fingers together, voltages without sign."]


def _row(device: Device) -> tuple[str, ...]:
    efficiency = "-" if device.efficiency is None else f"{device.efficiency:.1f}"
    return (device.name, device.model, format_si(device.width), format_si(device.length), format_si(device.current),
            format_si(device.gm), format_si(device.gds), efficiency, f"{device.overdrive:.3f}", f"{device.vds:.3f}",
            f"{device.vdsat:.3f}", device.region)


def _document(circuit: Circuit, parameters: Parameters, conditions: Conditions, point: OperatingPoint) -> dict:
    return {"circuit": circuit.name, "conditions": vars(conditions), "parameters": dict(parameters),
            "status": point.status, "devices": [_device(device) for device in point.devices],
            "seconds": point.seconds, "log": point.log}


def _device(device: Device) -> dict:
    """SI units."""
    return {"name": device.name, "model": device.model, "width": device.width, "length": device.length,
            "id": device.current, "gm": device.gm, "gds": device.gds, "gm_over_id": device.efficiency,
            "vgs": device.vgs, "vth": device.vth, "vov": device.overdrive, "vds": device.vds, "vdsat": device.vdsat,
            "region": device.region}
