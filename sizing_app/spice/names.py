"""Names of nets as ngspice and vectors know them: letters, digits and _, ground 0."""

import re

from sizing_app.circuit.deck_rules import FORBIDDEN
from sizing_app.spice.cell import is_ground


class Nets:
    """Names for the nets of one scope; two nets never share one, unless they were given it."""

    def __init__(self, given: dict[str, str] | None = None):
        self.names: dict[str, str] = dict(given or {})
        self._used = set(self.names.values())

    def __call__(self, net: str) -> str:
        if net not in self.names:
            name = "0" if is_ground(net) else clean(net)
            stem, number = name, 1
            while name != "0" and name in self._used:
                number += 1
                name = f"{stem}_{number}"
            self._used.add(name)
            self.names[net] = name
        return self.names[net]

    @property
    def changed(self) -> dict[str, str]:
        """Nets that have another name."""
        return {net: name for net, name in self.names.items() if net != name}


def clean(net: str) -> str:
    """Letters, digits and _, in small letters; never a word that deck rules refuse."""
    name = re.sub(r"\+$", "p", re.sub(r"-$", "n", net.lower()))
    name = re.sub(r"[<\[](\d+)[>\]]", r"_\1", name.rstrip("!"))
    name = re.sub(r"\W", "_", name, flags=re.ASCII) or "n"
    return f"{name}_" if name in ("gnd", "0") or FORBIDDEN.search(name) else name
