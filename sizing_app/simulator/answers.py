"""Answers of a worker as bytes: a JSON head and raw arrays. Nothing that a worker sends is unpickled.

Whoever takes over a worker through ngspice may send anything: what does not fit is a WrongAnswer. Numbers arrive bit
for bit: JSON text of a float is read back as the same float, samples travel as they are.
"""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import get_args

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.simulator.inspection import Device, OperatingPoint, Waveforms
from sizing_app.task.turn import Measurement, Status

Answer = Measurement | OperatingPoint | Waveforms
LONGEST = 256 << 20
"""Bytes of an answer."""
LONGEST_LOG = 1000
"""Characters of ngspice's message that are kept."""
TYPES = ("<f8", "<c16")
"""Kinds of samples."""


class WrongAnswer(ValueError):
    """Bytes that no honest worker sends."""


@dataclass(frozen=True)
class Reply:
    """An answer, the CPU seconds that it took, and whether the worker ends with it."""

    answer: Answer
    cpu: float
    last: bool


def encode(reply: Reply) -> bytes:
    answer, arrays = reply.answer, []
    head = {"status": answer.status, "log": answer.log[:LONGEST_LOG], "seconds": answer.seconds, "cpu": reply.cpu,
            "last": reply.last}
    if isinstance(answer, Measurement):
        head["metrics"] = dict(answer.metrics)
    elif isinstance(answer, OperatingPoint):
        head |= {"devices": [astuple(device) for device in answer.devices], "analysis": answer.analysis,
                 "voltages": dict(answer.voltages), "simulator": answer.simulator}
    else:
        head["vectors"] = []
        for analysis, vectors in answer.vectors.items():
            for name, samples in vectors.items():
                kind = TYPES[np.iscomplexobj(samples)]
                arrays.append(np.ascontiguousarray(samples, kind).tobytes())
                head["vectors"].append([analysis, name, kind, len(samples)])
    text = json.dumps(head).encode()
    return b"".join([struct.pack("<I", len(text)), text, *arrays])


def decode(want: str, circuit: Circuit, message: bytes) -> Reply:
    """What a worker answered. Raises WrongAnswer."""
    try:
        length, = struct.unpack_from("<I", message)
        head = json.loads(message[4:4 + length])
        status, log, seconds = head["status"], str(head["log"])[:LONGEST_LOG], _number(head["seconds"])
        if status not in get_args(Status):
            raise ValueError(status)
        if want == "metrics":
            answer = Measurement(status, _metrics(circuit, head["metrics"]), log, seconds, _number(head["cpu"]))
        elif want == "operating_point":
            voltages = {str(name): _number(value) for name, value in head["voltages"].items()}
            answer = OperatingPoint(status, tuple(map(_device, head["devices"])), log, seconds, str(head["analysis"]),
                                    voltages, str(head["simulator"])[:80])
        else:
            answer = Waveforms(status, _vectors(head["vectors"], message[4 + length:]), log, seconds)
        return Reply(answer, _number(head["cpu"]), bool(head["last"]))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, struct.error) as error:
        raise WrongAnswer(f"the simulator's answer holds no {want}: {type(error).__name__}") from None


def failed(want: str, status: Status, circuit: Circuit, log: str, seconds: float) -> Answer:
    """The answer where there is none."""
    if want == "operating_point":
        return OperatingPoint(status, (), log, seconds)
    if want == "waveforms":
        return Waveforms(status, {}, log, seconds)
    return Measurement(status, {metric.name: None for metric in circuit.metrics}, log, seconds)


def _number(value: object) -> float:
    """Raises ValueError unless it is finite."""
    try:
        number = float(value)
    except OverflowError as error:  # a whole number of hundreds of digits
        raise ValueError(str(error)) from None
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number


def _metrics(circuit: Circuit, found: Mapping) -> dict[str, float | None]:
    known = {metric.name for metric in circuit.metrics}
    if not set(found) <= known:
        raise ValueError("unknown metrics")
    return {name: None if value is None else _number(value) for name, value in found.items()}


def _device(row: list) -> Device:
    kinds = [str if field.type is str else _number for field in fields(Device)]
    return Device(*(kind(value) for kind, value in zip(kinds, row, strict=True)))


def _vectors(entries: list, data: bytes) -> dict[str, dict[str, np.ndarray]]:
    vectors: dict[str, dict[str, np.ndarray]] = {}
    offset = 0
    for analysis, name, kind, count in entries:
        if kind not in TYPES or not isinstance(count, int) or not 0 <= count <= len(data):
            raise ValueError(kind)
        samples = np.frombuffer(data, kind, count, offset)
        offset += samples.nbytes
        vectors.setdefault(str(analysis), {})[str(name)] = samples.copy()
    return vectors
