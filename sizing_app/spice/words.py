"""The words of a SPICE line: quotes, braces and parentheses kept together, ``W = 1u`` joined."""

from collections.abc import Sequence

_CLOSING = {"'": "'", '"': '"', "{": "}", "(": ")"}


def split(text: str) -> list[str]:
    """Words of a line. ``w = 2 * x`` outside quotes is not an expression: blanks end a word, except around ``=``."""
    words: list[str] = []
    word, open_until = "", []
    for letter in text:
        if open_until:
            word += letter
            if letter == open_until[-1]:
                open_until.pop()
            elif letter in "({" and open_until[-1] in ")}":
                open_until.append(_CLOSING[letter])
        elif letter in _CLOSING:
            word += letter
            open_until.append(_CLOSING[letter])
        elif letter in " ,\t":
            if word:
                words.append(word)
            word = ""
        else:
            word += letter
    return _joined([*words, word] if word else words)


def _joined(words: Sequence[str]) -> list[str]:
    """Words with their ``=`` in one piece: ``w``, ``=``, ``1u`` and ``w=``, ``1u`` become ``w=1u``."""
    joined: list[str] = []
    for word in words:
        after = bool(joined) and joined[-1].endswith("=") and "=" not in joined[-1][:-1]
        if joined and (after or (word[0] == "=" and "=" not in joined[-1])):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def settings_of(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """(words without ``=``, settings by name in small letters); quotes and braces around a value are kept."""
    def is_setting(word: str) -> bool:
        name, sign, _ = word.partition("=")
        return bool(sign and name) and not set(name) & set("'\"{(")

    plain = [word for word in words if not is_setting(word)]
    named = (word.partition("=") for word in words if is_setting(word))
    return plain, {name.lower(): value for name, _, value in named}


def is_closed(text: str) -> bool:
    """Whether every quote, brace and parenthesis has its partner."""
    open_until: list[str] = []
    for letter in text:
        if open_until and letter == open_until[-1]:
            open_until.pop()
        elif letter in _CLOSING and not (open_until and open_until[-1] in "'\""):
            open_until.append(_CLOSING[letter])
        elif letter in ")}" and not (open_until and open_until[-1] in "'\""):
            return False
    return not open_until


def bare(text: str) -> str:
    """An expression without what marks it as one: ``'2*w'``, ``"2*w"``, ``{2*w}``."""
    text = text.strip()
    while len(text) > 1 and text[0] in "'\"{" and text[-1] == _CLOSING[text[0]]:
        text = text[1:-1].strip()
    return text
