"""The page Own circuit: from a pasted netlist to a saved circuit, on top of own/draft.py."""
