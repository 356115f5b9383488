"""The form of a reply as masks over tokens, so that training samples under the grammar of app and evaluation.

``prompt/grammar.py`` leaves a choice in three places: the words of the analysis, a call or the end, and the
position of each parameter. Everything else is forced, has probability 1 and no gradient. Without masks many replies of
a small model have a slip somewhere in thirty parameters, and training learns about slips.
"""

import re
from collections.abc import Sequence

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.compact import ANALYSIS_CHARACTER, END, SPECIAL_TOKENS, TAGS, write_reply
from sizing_app.prompt.parser import ANALYZE, ANALYZE_END, CALL, DESIGN_END
from sizing_app.prompt.tokenizer import encode, token_values

FORCED, FIRST_WORD, ANALYSIS, ACTION, POSITION = range(5)
"""What may stand at a place: one given token, the first word of the analysis, a later one or its end, a call or the end
of the session, a parameter's position."""
ANY = -1
"""Stands in a template where a position is to be chosen."""
_OPENING, _FIRST_WORD, _ANALYSIS, _ACTION = -3, -2, -1, 0
"""Places of a branch before its call; from 1 on it is in its template."""
_WORDS = re.compile(f"{ANALYSIS_CHARACTER}+")


class Form:
    """The masks of one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, device: torch.device | str = "cpu"):
        self._tokenizer = tokenizer
        self.open, self.close, self.call, self.finish, self.end = map(
            tokenizer.token_to_id, (ANALYZE, ANALYZE_END, CALL, DESIGN_END, END))
        self.positions = [index for index, (kind, _) in token_values(tokenizer).items() if kind == "position"]
        words = [index for index in range(tokenizer.get_vocab_size()) if self._is_word(index)]
        self.table = torch.zeros(5, tokenizer.get_vocab_size(), dtype=torch.bool, device=device)
        for kind, tokens in ((FIRST_WORD, words), (ANALYSIS, [*words, self.close]), (ACTION, [self.call, self.finish]),
                             (POSITION, self.positions)):
            self.table[kind, tokens] = True
        self._templates: dict[str, tuple[int, ...]] = {}

    def masks(self, tokens: np.ndarray) -> Tensor:
        """The tokens that were allowed at each place of a whole reply, bool of shape (tokens, vocabulary)."""
        tokens = np.asarray(tokens)
        kinds = np.where(np.isin(tokens, self.positions), POSITION, FORCED)
        closed = np.flatnonzero(tokens == self.close)
        end = closed[0] if len(closed) else len(tokens)
        kinds[1:end + 1] = ANALYSIS
        kinds[1:2] = FIRST_WORD
        kinds[end + 1:end + 2] = ACTION
        return self.allowed(*(torch.as_tensor(table, device=self.table.device) for table in (kinds, tokens)))

    def allowed(self, kinds: Tensor, forced: Tensor) -> Tensor:
        """Bool of shape (places, vocabulary); ``forced`` is the token where the kind is FORCED."""
        allowed, given = self.table[kinds], kinds == FORCED
        allowed[given, forced[given].long()] = True
        return allowed

    def template(self, circuit: Circuit) -> tuple[int, ...]:
        """The tokens after <tool_call> up to the end token, ANY for a position."""
        if circuit.name not in self._templates:
            self._templates[circuit.name] = self._template(circuit)
        return self._templates[circuit.name]

    def _template(self, circuit: Circuit) -> tuple[int, ...]:
        some = {parameter.name: parameter.low for parameter in circuit.parameters}
        tokens = encode(self._tokenizer, write_reply(circuit, "x", some))
        positions = set(self.positions)
        return tuple(ANY if token in positions else token for token in tokens[tokens.index(self.call) + 1:])

    def _is_word(self, index: int) -> bool:
        text = self._tokenizer.decode([index], skip_special_tokens=False)
        return text not in (*SPECIAL_TOKENS, *TAGS) and _WORDS.fullmatch(text) is not None


class Places:
    """Where each branch of a batch stands in its reply."""

    def __init__(self, form: Form, circuits: Sequence[Circuit], count: int):
        """``count`` branches to each circuit."""
        self._form = form
        templates = [form.template(circuit) for circuit in circuits]
        width = 1 + max(map(len, templates))
        rows = torch.full((len(circuits), width), form.end)
        for row, template in zip(rows, templates, strict=True):
            row[1:1 + len(template)] = torch.tensor(template)
        self._templates = rows.to(form.table.device).repeat_interleave(count, dim=0)
        self._place = torch.full((len(self._templates),), _OPENING, device=form.table.device)

    def allowed(self) -> Tensor:
        """The tokens that may come next, bool of shape (branches, vocabulary)."""
        given = self._templates.gather(1, self._place.clamp(min=0)[:, None])[:, 0]
        kinds = torch.where(given == ANY, POSITION, FORCED)
        for place, kind in ((_FIRST_WORD, FIRST_WORD), (_ANALYSIS, ANALYSIS), (_ACTION, ACTION)):
            kinds[self._place == place] = kind
        return self._form.allowed(kinds, torch.where(self._place == _OPENING, self._form.open, given).clamp(min=0))

    def advance(self, tokens: Tensor) -> None:
        """Every branch has written one more token."""
        last = self._templates.shape[1] - 1
        stays = (self._place == _ANALYSIS) & (tokens != self._form.close)
        ends = (self._place == _ACTION) & (tokens == self._form.finish)
        moved = torch.where(stays, self._place, (self._place + 1).clamp(max=last))
        self._place = torch.where(ends, last, moved)

    def keep(self, kept: Tensor) -> None:
        """Go on with these branches alone; ``kept``: (branches,), boolean."""
        self._templates, self._place = self._templates[kept], self._place[kept]
