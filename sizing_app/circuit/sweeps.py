"""What an analysis sweeps: the vector that its curves are drawn over."""

SCALES = {"ac": "frequency", "noise": "frequency", "tran": "time"}
"""Kind of analysis to the vector that it sweeps."""
SWEPT = {"v": "v-sweep", "i": "i-sweep", "r": "res-sweep", "t": "temp-sweep"}
"""The same for dc, by the first letter of what is swept."""
VECTORS = (*dict.fromkeys(SCALES.values()), *SWEPT.values())


def scale_of(command: str) -> str | None:
    """The name of the vector that an analysis sweeps; None for an operating point."""
    kind, *words = command.lower().split()
    return SWEPT.get(words[0][0]) if kind == "dc" and words else SCALES.get(kind)
