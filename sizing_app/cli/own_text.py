"""Reports and checks of own circuits as lines for a terminal."""

from collections import Counter

from sizing_app.cli.tables import aligned
from sizing_app.own.check import OwnCheck
from sizing_app.own.report import Report


def report_text(told: Report) -> str:
    """What was read, what became of it, what may vary; problems are for standard error."""
    kinds = Counter(row.kind for row in told.devices)
    what = told.top or "the whole netlist"
    lines = [f"{told.name}: {what}, models: {told.process or '-'}, testbench: {told.kind or '-'}",
             f"devices      {', '.join(f'{count} {kind.upper()}' for kind, count in kinds.items()) or 'none'}"]
    if told.ports:
        lines.append("ports        " + ", ".join(f"{port.net}: {port.role or '?'}" for port in told.ports))
    free = [group for group in told.groups if not group.locked]
    if free:
        rows = [["  " + group.name, group.parameter.show(group.value), group.parameter.show(group.low), "..",
                 group.parameter.show(group.high), group.role] for group in free]
        lines += ["parameters   value in the file, range", *aligned(rows, left={0, 5})]
    if told.metrics:
        named = (f"{metric.name} ({told.better[metric.name]})" for metric in told.metrics)
        lines.append(f"metrics      {', '.join(named)}")
    return "\n".join([*lines, *(f"taken: {line}" for line in told.taken), *(f"note: {note}" for note in told.notes)])


def check_text(found: OwnCheck, warnings: tuple[str, ...] | None = None) -> str:
    """The original design beside plain ngspice, the random designs, the specs; ``warnings`` in place of its own."""
    circuit, original = found.circuit, found.original
    specs = {spec.metric: spec for spec in found.specs}
    head = ["metric", "file's design", *(["as written"] if found.as_written else []),
            *(["plain ngspice"] if found.plain else []), "first spec"]
    rows = [head]
    for metric in circuit.metrics:
        exact = [metric.show(found.as_written.get(metric.name))] if found.as_written else []
        beside = [metric.show(found.plain.get(metric.name)) + (" !" if metric.name in found.different else "")]
        spec = specs.get(metric.name)
        rows.append([f"  {metric.name}", metric.show(original.metrics.get(metric.name)),
                     *exact, *(beside if found.plain else []), spec.show(metric.unit) if spec else "-"])
    lines = [f"status {original.status}, CPU {found.cpu * 1000:.0f} ms", *aligned(rows, left={0, len(head) - 1})]
    if original.log:
        lines.append(original.log)
    if found.different:
        lines.append(f"differs from plain ngspice: {', '.join(found.different)}; look at the notes of the import "
                     "(values near zero and of steep edges differ by the solver's tolerance)")
    if found.plain_log:
        lines.append(f"plain ngspice: {found.plain_log}")
    if found.designs:
        lines.append(f"{round(found.simulated * found.designs)} of {found.designs} random designs simulate")
    lines += [f"warning: {warning}" for warning in (found.warnings if warnings is None else warnings)]
    return "\n".join(lines)
