"""Components of our own: gr.HTML with a few lines of JavaScript that keep what the user did over live updates."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import gradio as gr

from sizing_app.ui.render import Block

ASSETS = Path(__file__).parent / "assets"


def read_asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")

from gradio.events import Dependency

class Component(gr.HTML):
    """A gr.HTML whose value is JSON that its script draws; the template itself never changes."""

    script = ""

    def __init__(self, value=None, *, label: str, elem_id: str, **settings):
        super().__init__(value, html_template=f'<div class="{type(self).__name__.lower()}"></div>', label=label,
                         js_on_load=read_asset(self.script), apply_default_css=False, elem_id=elem_id, **settings)

    def get_block_name(self) -> str:
        return "html"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


class Blocks(Component):
    """A list of blocks in which only changed ones are redrawn, so open details, selection and scroll survive."""

    script = "blocks.js"

    def postprocess(self, value: Iterable[Block] | None) -> list[dict]:
        return [asdict(block) for block in value or ()]
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


class CellTable(Component):
    """A table of text cells that a person edits. Value: see form.cell_table; the browser writes edits into ``cells``."""

    script = "cell_table.js"

    def preprocess(self, payload: dict | None) -> dict:
        return payload or {"columns": [], "rows": []}
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component


class SessionTable(Component):
    """Rows of stored sessions. Events: ``choose`` with the id of a row, ``query`` with sort, descending and page."""

    script = "session_table.js"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component