"""Help at each page: what it is for and how to go about it, in a few lines that unfold."""

import gradio as gr
from markupsafe import Markup

TEXTS = {
    "run": ("Choose a circuit, write targets into the table (60 MHz, 300 \u00b5W, 16 nV/\u221aHz), press Start "
            "(Ctrl+Enter). Every design is simulated with ngspice.",
            "The verdict says which specs the best design meets and under which conditions that was looked at. Right "
            "of the line is better in every bar; each cell beside it is a turn. Click a cell or a row of the table to "
            "read what was proposed, why, and what came out.",
            "The reward of a design is 1 only if all specs are met; \u201cWhy reward ...?\u201d shows what lowers it."),
    "race": ("Two or three policies size the same task side by side, from the same start with the same budget.",
             "The verdict says who met all specs, after how many designs, simulations and seconds."),
    "sessions": ("Everything that was run. Choose a row to go through a session turn by turn; tick rows and press "
                 "Compare.", "Search finds words of the reasoning, of notes, and ids."),
    "compare": ("Choose stored sessions from the list; the first is the reference for all differences.",
                "Sessions can also be ticked on the page Sessions."),
    "circuits": ("What can be sized: schematic, parameters with ranges, how each metric is measured, a design that "
                 "meets the default specs, and how hard the circuit is.",
                 "\u201cSize this\u201d opens the form with it."),
    "own": ("Paste a netlist of xschem, LTspice, HSPICE or ngspice, or upload it with its model files. Read tells what "
            "every line became, and what needs you, with its line.",
            "Correct ports and ranges, choose a testbench, add a .meas line or an expression; Check simulates the "
            "file's own design and 20 random ones, beside plain ngspice where that can run.",
            "Save puts the circuit into the list of circuits under its name. The draft stays in this browser. Saved "
            "circuits are exported, renamed, duplicated and deleted at the end of the page."),
    "models": ("What the policies reach on the evaluation queries: the table ranks them by the share of queries with "
               "all specs met.", "Below are the checkpoints, and every evaluation by circuit."),
}
"""Page to its paragraphs."""


def help_note(page: str) -> gr.HTML:
    body = Markup("").join(Markup("<p>{}</p>").format(text) for text in TEXTS[page])
    return gr.HTML(Markup('<details class="help"><summary>Help</summary>{}</details>').format(body),
                   apply_default_css=False, elem_classes="help-note")
