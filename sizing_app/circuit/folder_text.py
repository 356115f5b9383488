"""A circuit as the files of a circuit folder: circuit.toml, netlist.sp, testbench.sp, models.sp."""

import json
from collections.abc import Iterable, Mapping

from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric, Parameter, Spec


def folder_texts(circuit: Circuit) -> dict[str, str]:
    """File name to text; circuit/folder.py reads the same circuit from them, in a folder of its name."""
    files = {"circuit.toml": _toml(circuit), "netlist.sp": circuit.netlist, "testbench.sp": circuit.testbench}
    return files | ({"models.sp": circuit.models} if circuit.models else {})


def _toml(circuit: Circuit) -> str:
    head = {"title": circuit.title, "summary": circuit.summary, "process": circuit.process,
            "topology": list(circuit.topology), **({"as_written": True} if circuit.as_written else {}),
            **({"held_out": True} if circuit.held_out else {})}
    space = circuit.conditions
    measures = {measure.metric: measure for measure in circuit.measures}
    blocks = [_block("", head)]
    if circuit.origin:
        blocks.append(_block("[origin]", {"name": circuit.origin.name, "digest": circuit.origin.digest}))
    blocks += [_block("[devices]", circuit.devices),
               _block("[conditions]", {"corners": space.corners, "temperatures": space.temperatures,
                                       "supplies": space.supplies, "loads": space.loads}),
               *(_block("[[parameters]]", _parameter(item)) for item in circuit.parameters),
               *(_block("[[analyses]]", _analysis(item)) for item in circuit.analyses),
               *(_block("[[metrics]]", _metric(item, measures[item.name])) for item in circuit.metrics),
               *(_block("[[specs]]", _spec(item)) for item in circuit.specs)]
    return "\n".join(blocks)


def _parameter(item: Parameter) -> dict:
    values = {"name": item.name, "unit": item.unit, "range": [item.low, item.high], "scale": item.scale}
    return values | ({"step": item.step} if item.step is not None else {}) | {"role": item.role}


def _analysis(item: Analysis) -> dict:
    optional = {"alter": dict(item.alter), "needs": dict(item.needs)}
    return {"name": item.name, "run": item.command, "save": item.save,
            **{key: value for key, value in optional.items() if value}}


def _metric(item: Metric, measure: Measure) -> dict:
    values = {"name": item.name, "title": item.title, "unit": item.unit, "definition": item.definition,
              "measure": measure.function, "with": dict(measure.arguments)}
    return values | ({"otherwise": measure.otherwise} if measure.otherwise is not None else {})


def _spec(item: Spec) -> dict:
    bounds = {"low": item.low, "high": item.high, "scale": item.scale}
    return {"metric": item.metric, **{key: value for key, value in bounds.items() if value is not None}}


def _block(head: str, values: Mapping) -> str:
    return "".join(f"{line}\n" for line in (head, *(f"{_key(key)} = {_value(value)}" for key, value in values.items()))
                   if line)


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Iterable):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)
