"""Values and texts in the words of a version of the compact prompt, and back (roles.py); older versions use the names.

A prompt is rendered from values whose parameters and metrics are renamed, so that everything that reads them (targets,
results, evidence, grammar) is the same code for both. Texts of a model are translated word by word.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.prompt.roles import words_of
from sizing_app.prompt.versions import VERSIONS
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Measurement, Turn

_UNFINISHED = re.compile(r"(?<!\w)\w*\Z")
PROCESSES = ("sky130", "sky130_5v", "gf180mcu", "gf180mcu_6v", "freepdk45")
OWN_PROCESS = "other"
TOPOLOGIES = frozenset((
    "ac-coupled", "amplifier", "bootstrapped-switch", "capacitor-array", "capless", "cascode", "common-mode-feedback",
    "comparator", "converter", "current-bias", "current-mirror", "current-mode", "differential", "double-tail",
    "fd-ota", "filter", "flipped-voltage-follower", "folded-cascode", "generic", "instrumentation-amplifier",
    "inverters", "latch", "ldo", "miller", "miller-rz", "mirror-load", "n-input", "nested-miller", "one-stage",
    "op-amp", "oscillator", "p-input", "p-pass", "pass-device", "pipeline-stage", "preamplifier", "reference",
    "regulator", "resistor-bias", "self-biased", "sr-latch", "strongarm", "telescopic", "three-stage",
    "transmission-gate", "two-loop", "two-stage", "voltage-reference", "weak-inversion"))
"""Words of a topology; others are left out of the prompt."""


class Wording:
    """The words of one circuit; without ``words`` everything stays as it is."""

    def __init__(self, circuit: Circuit, words: Mapping[str, str] | None):
        self._given, self._words = circuit, words

    @property
    def plain(self) -> bool:
        """Whether the words are the names."""
        return self._words is None

    @cached_property
    def circuit(self) -> Circuit:
        """The circuit in words."""
        if self.plain:
            return self._given
        given, words = self._given, self._words
        return replace(
            given, process=given.process if given.process in PROCESSES else OWN_PROCESS,
            topology=tuple(word for word in given.topology if word in TOPOLOGIES),
            parameters=tuple(replace(item, name=words[item.name]) for item in given.parameters),
            metrics=tuple(replace(item, name=words[item.name]) for item in given.metrics),
            specs=tuple(replace(spec, metric=words[spec.metric]) for spec in given.specs))

    def task(self, task: Task) -> Task:
        if self.plain:
            return task
        specs = tuple(replace(spec, metric=self._words[spec.metric]) for spec in task.specs)
        return replace(task, circuit=self.circuit, specs=specs, initial=self.parameters(task.initial),
                       limits=self._renamed(task.limits))

    def history(self, history: History) -> History:
        return history if self.plain else tuple(map(self._turn, history))

    def parameters(self, parameters: Parameters | None) -> Parameters | None:
        return parameters if self.plain or parameters is None else self._renamed(parameters)

    def in_words(self, text: str) -> str:
        """A text with words in place of names: a person's plan for a model."""
        return text if self.plain else _exchanged(text, self._words)

    def in_names(self, text: str) -> str:
        """A model's text with the circuit's names in place of words."""
        return text if self.plain else _exchanged(text, self._names)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {word: name for name, word in self._words.items()}

    def _turn(self, turn: Turn) -> Turn:
        score = turn.score and replace(turn.score, specs=tuple(
            replace(part, metric=self._words[part.metric]) for part in turn.score.specs))
        return replace(turn, proposal=replace(turn.proposal, parameters=self.parameters(turn.proposal.parameters)),
                       measurement=self._measurement(turn.measurement), score=score)

    def _measurement(self, measurement: Measurement | None) -> Measurement | None:
        return measurement and replace(measurement, metrics=self._renamed(measurement.metrics))

    def _renamed(self, values: Mapping) -> dict:
        return {self._words[name]: value for name, value in values.items()}


class NamesWritten:
    """Turns a model's words into the circuit's names while it writes; what may become another word waits."""

    def __init__(self, wording: Wording):
        self._wording, self._held = wording, ""

    def feed(self, text: str) -> str:
        """As much of the text so far as cannot change any more."""
        if self._wording.plain:
            return text
        text = self._held + text
        cut = _UNFINISHED.search(text).start()
        self._held = text[cut:]
        return self._wording.in_names(text[:cut])

    def finish(self) -> str:
        """The rest."""
        rest, self._held = self._wording.in_names(self._held), ""
        return rest


def wording(circuit: Circuit, version: str) -> Wording:
    """The words of a circuit in a version of the prompt."""
    return Wording(circuit, words_of(circuit) if VERSIONS[version].roles else None)


def _exchanged(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda word: words.get(word[0], word[0]), text)
