"""The operating point of a transistor as people read it: columns and cells, for terminal and page."""

from sizing_app.circuit.units import format_si
from sizing_app.simulator.inspection import Device

COLUMNS = (("Device", ""), ("Model", ""), ("W", "m"), ("L", "m"), ("Id", "A"), ("gm", "S"), ("gds", "S"),
           ("gm/Id", "1/V"), ("Vov", "V"), ("Vds", "V"), ("Vdsat", "V"), ("Region", ""))
"""Title and unit of the cells of ``device_cells``."""
NOTE = "Vov = Vgs - Vth. Currents and conductances of all fingers together; voltages without sign."


def device_cells(device: Device) -> tuple[str, ...]:
    """One row of the table that people read."""
    efficiency = "-" if device.efficiency is None else f"{device.efficiency:.1f}"
    sizes = (format_si(value) for value in (device.width, device.length))
    small = ("0" if value < 1e-15 else format_si(value) for value in (device.current, device.gm, device.gds))
    volts = (f"{value:.3f}" for value in (device.overdrive, device.vds, device.vdsat))
    return (device.name, device.model, *sizes, *small, efficiency, *volts, device.region)
