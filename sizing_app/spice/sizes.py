"""Sizes and values of elements in SI units: micrometres and ``.option scale`` told from metres, numbers from names."""

from collections import Counter
from collections.abc import Mapping

from sizing_app.circuit.expressions import names_in
from sizing_app.circuit.units import show_quantity
from sizing_app.spice.arithmetic import arithmetic, constant, substituted
from sizing_app.spice.cell import Quantity
from sizing_app.spice.deck import Deck, Element
from sizing_app.spice.elements import EXPRESSIONS, SECOND
from sizing_app.spice.lines import Line
from sizing_app.spice.log import Log, Unmapped

UNITS = {"r": "Ohm", "c": "F", "l": "H", "v": "V", "i": "A"}
LENGTHS, AREAS, COUNTS = ("w", "l", "pd", "ps", "sa", "sb", "sd"), ("ad", "as"), ("m", "nf")
LARGEST_LENGTH, LARGEST_AREA = 0.02, 1e-8
"""Metres and square metres: a larger number counts micrometres, for no transistor is wider than 2 cm or shorter than
20 nm."""
LAYOUT = ("ad", "as", "pd", "ps", "nrd", "nrs", "sa", "sb", "sd", "topography", "area", "perim")
"""Settings that the layout rule of circuit/netlist.py replaces."""
JUNCTIONS = ("ad", "as", "pd", "ps", "nrd", "nrs")
_HEAT = ("temp", "dtemp")
_SCALED = ("tc1", "tc2", "scale", "m", *_HEAT)
KEPT = {"r": ("tc", "tce", "ac", "noisy", "w", "l", *_SCALED), "c": ("ic", "w", "l", *_SCALED),
        "l": ("ic", "nt", *_SCALED), "d": ("area", "m", "pj", "w", "l", "ic", *_HEAT),
        "q": ("area", "areab", "areac", "m", "ic", SECOND, "icvbe", "icvce", *_HEAT),
        "j": ("area", "m", "ic", SECOND, *_HEAT), "i": ("m",), "g": ("m",), "f": ("m",)}
"""Settings of other elements that ngspice knows; others are left out with a note. To E, H and V an m is an error."""
ELSEWHERE = {"v": ("r", "td"), "i": ("r", "td"), "e": EXPRESSIONS["e"], "g": EXPRESSIONS["g"]}
"""Settings that are no sizes and are written with the words of a source: of waveforms and of arithmetic."""
EXAMPLES = 4


class Sizes:
    """Reads sizes; ``names`` are what the parameters of a scope stand for in the file's own design."""

    def __init__(self, deck: Deck, log: Log):
        self.deck, self.log = deck, log
        self.temperature = 27.0 if deck.temperature is None else deck.temperature
        self._converted: dict[str, str] = {}
        """Size as written to what it is taken for."""
        self._dropped: Counter[str] = Counter()
        self._first: dict[str, Line] = {}

    def of(self, element: Element, settings: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Quantity]:
        """Raises ExpressionError or Unmapped."""
        sizes = {}
        for key, text in settings.items():
            if key in LENGTHS:
                sizes[key] = self._metres(element, key, text, names, 1)
            elif key in AREAS:
                sizes[key] = self._metres(element, key, text, names, 2)
            else:
                sizes[key] = self.quantity(text, names, "")
            value = sizes[key].value
            if key in COUNTS and (value < 1 or abs(value - round(value)) > 1e-6):
                raise Unmapped(f"{key}={text}", "is a number of devices and must be whole and at least 1")
            if key in ("w", "l") and value <= 0:
                raise Unmapped(f"{key}={text}", "must be positive")
        return sizes

    def kept(self, element: Element, names: Mapping[str, str]) -> dict[str, Quantity]:
        """Of an element that is no transistor, the settings that ngspice knows."""
        known, elsewhere = KEPT.get(element.kind, ()), ELSEWHERE.get(element.kind, ())
        settings = {"m" if key == "mult" else key: text for key, text in element.settings.items()
                    if key not in elsewhere}
        for key in settings:
            if key not in known:
                self.log.once(f"setting {element.kind} {key}", element.line, key,
                              "is left out: ngspice has no such setting of this element")
        return self.of(element, {key: text for key, text in settings.items() if key in known}, names)

    def multiplied(self, element: Element) -> dict[str, str]:
        """Settings of a transistor with one ``m``: m, mult and GF180's par mean the same, and are not applied twice."""
        given = {key: element.settings[key] for key in ("m", "mult", "par") if key in element.settings}
        rest = {key: text for key, text in element.settings.items() if key not in given and key != "model"}
        if len(set(given.values())) > 1:
            said = ", ".join(f"{key}={text}" for key, text in given.items())
            self.log.note(element.line, element.name, f"has {said}, which mean the same: the first one counts")
        elif given and "m" not in given:
            self.log.once("mult", element.line, next(iter(given)), "is taken as m, the number of devices in parallel")
        return {**rest, **({"m": next(iter(given.values()))} if given else {})}

    def of_process(self, element: Element, settings: Mapping[str, str], names: Mapping[str, str], as_written: bool,
                   ) -> dict[str, Quantity]:
        """What a transistor of an installed process keeps: w, l, m; as written also areas and perimeters.

        Raises ExpressionError or Unmapped."""
        for key in settings:
            if key not in ("w", "l", "m", "nf", *LAYOUT):
                self.log.once(f"setting {key}", element.line, key, "is left out: the models have no such setting")
        if not as_written:
            self._leave_out(element, settings)
            return self.of(element, {key: settings[key] for key in ("w", "l", "m") if key in settings}, names)
        absent = dict.fromkeys(JUNCTIONS[:4], "0") if element.kind == "x" else {}  # as subcircuits of processes say
        known = absent | {key: text for key, text in settings.items() if key in ("w", "l", "m", "nf", *JUNCTIONS)}
        own = {key: arithmetic(text) for key, text in known.items() if key not in JUNCTIONS and key not in names}
        known |= {key: substituted(arithmetic(text), own) for key, text in known.items() if key in JUNCTIONS}
        kept = self.of(element, known, names)
        fingers = kept.pop("nf", None)
        if fingers and fingers.value > 1:
            kept = _in_fingers(kept, fingers)
            self.log.once("fingers", element.line, f"nf={fingers.written}", "fingers are written as devices in "
                                                                            "parallel")
        return kept

    def _leave_out(self, element: Element, settings: Mapping[str, str]) -> None:
        for key, text in settings.items():
            if key == "nf" and text != "1" or key in LAYOUT and text != "0":
                self._dropped[key] += 1
                self._first.setdefault("dropped", element.line)

    def quantity(self, written: str, names: Mapping[str, str], unit: str) -> Quantity:
        """Raises ExpressionError or Unmapped."""
        text = arithmetic(written)
        value = self.value(text, names)
        return Quantity(text if names_in(text) else f"{value:.9g}", written, unit, value)

    def value(self, text: str, names: Mapping[str, str]) -> float:
        """In the file's own design. Raises ExpressionError, Unmapped for a name that nothing defines."""
        full = substituted(text, names)
        value = constant(full, {"temperature": self.temperature})
        if value is None:
            name = min(names_in(full) - {"temperature"})
            raise Unmapped(name, self.deck.why_unknown(name))
        return value

    def summary(self) -> None:
        """One note for each rule that was applied to many devices."""
        if self._converted:
            examples = [f"{written} is {taken}" for written, taken in self._converted.items()]
            more = f" and {len(examples) - EXAMPLES} more" if len(examples) > EXAMPLES else ""
            self.log.note(self._first["converted"], "", "sizes without a suffix are micrometres: "
                                                        f"{', '.join(examples[:EXAMPLES])}{more}")
        if self._dropped:
            words = ", ".join(f"{key} ({count} devices)" for key, count in sorted(self._dropped.items()))
            self.log.note(self._first["dropped"], "", f"left out: {words}; w is the width of all fingers, areas and "
                                                      "fingers follow the layout rule of the process (\"simulate "
                                                      "exactly what I wrote\" keeps them)")

    def _metres(self, element: Element, key: str, written: str, names: Mapping[str, str], power: int) -> Quantity:
        """A length, or an area with power 2."""
        text, unit = arithmetic(written), ("m", "m2")[power - 1]
        value, factor = self.value(text, names), self.deck.scale ** power
        if abs(value * factor) >= (LARGEST_LENGTH, LARGEST_AREA)[power - 1]:
            factor *= 1e-6 ** power
            taken = show_quantity(value * factor, "m") if power == 1 else f"{value * factor * 1e12:.4g} \u00b5m\u00b2"
            self._converted.setdefault(f"{key.upper()}={written}", taken)
            self._first.setdefault("converted", element.line)
        if not names_in(text):
            return Quantity(f"{value * factor:.9g}", written, unit, value * factor)
        return Quantity(text if factor == 1 else f"({text})*{factor:.9g}", written, unit, value * factor)


def _in_fingers(sizes: dict[str, Quantity], fingers: Quantity) -> dict[str, Quantity]:
    """Sizes of one finger, and as many devices."""
    count = sizes.get("m", Quantity("1", "", "", 1.0))
    shared = {key: _with(f"({item.text})/({fingers.text})", item, item.value / fingers.value)
              for key, item in sizes.items() if key in ("w", "ad", "as", "pd", "ps")}
    number_of = _with(f"({count.text})*({fingers.text})", fingers, count.value * fingers.value)
    return {**sizes, **shared, "m": number_of}


def _with(text: str, item: Quantity, value: float) -> Quantity:
    return Quantity(text if names_in(text) else f"{value:.9g}", item.written, item.unit, value)
