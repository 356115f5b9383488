"""The tokens by decree of the compact prompt: tags, numbers, and names; or, in versions with roles, the fixed words."""

from collections.abc import Iterable

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.compact import CALL_HEAD, SPECIAL_TOKENS, TAGS, condition_values, kind_tokens
from sizing_app.prompt.roles import all_words
from sizing_app.prompt.values import NUMBER, NUMBERS, PERCENT_BUCKETS, metric_grid
from sizing_app.prompt.versions import VERSIONS
from sizing_app.prompt.wording import OWN_PROCESS, PROCESSES, TOPOLOGIES


def added_tokens(circuits: Iterable[Circuit], version: str) -> list[str]:
    """Everything that is one token by decree: role tokens first, then tags, numbers and names, each once. In a version
    with roles they are the same whatever the circuits."""
    tokens = [*SPECIAL_TOKENS, *TAGS, CALL_HEAD, *(f' "{place}%"' for place in range(101))]
    tokens += [f" {sign}{size}%" for sign in ("-", "+", "") for size in PERCENT_BUCKETS if (sign, size) != ("-", 0)]
    tokens += NUMBERS
    for circuit in () if VERSIONS[version].roles else circuits:
        tokens += vocabulary(circuit)
    tokens += _fixed_tokens() if VERSIONS[version].roles else []
    tokens = list(dict.fromkeys(tokens))
    check_overlaps(tokens)
    return tokens


def check_overlaps(tokens: Iterable[str]) -> None:
    """No token's end may be another's beginning: tokenizers differ in which of the two they then find.

    Hugging Face tokenizers take the leftmost match, llama.cpp the longest one in the whole text. Numbers may: a number
    of the prompt is always one of them as a whole, and as such both the leftmost and the longest.
    """
    tokens = list(tokens)
    beginnings = {token[:size]: token for token in sorted(tokens, key=_is_number, reverse=True)
                  for size in range(1, len(token))}
    for token in tokens:
        if token.startswith('"'):
            raise ValueError(f"token {token!r} starts with a quote, which grammar masks of some servers get wrong")
        for start in range(1, len(token)):
            other = beginnings.get(token[start:])
            if other and not (_is_number(token) and _is_number(other)):
                raise ValueError(f"token {token!r} ends as {other!r} begins: {token[start:]!r}")


def _fixed_tokens() -> list[str]:
    """Words as they stand in a task, a result, a call and a sentence, with those that are numbered 2; the rare ones
    beyond are spelled."""
    parameters, metrics = all_words()
    tokens = [*(f" {process}:" for process in (*PROCESSES, OWN_PROCESS)), *(f" {word}" for word in sorted(TOPOLOGIES))]
    tokens += [f" {word}{number}{sign}" for word in metrics for number in ("", 2) for sign in (">=", "<=", "=")]
    for word in parameters:
        tokens += [f'{{"{word}":', f',"{word}":', f',"{word}2":', f" {word}"]
    return tokens


def vocabulary(circuit: Circuit) -> list[str]:
    """The words that a checkpoint must have to size a circuit: what it is, its parameters, metrics and numbers."""
    return kind_tokens(circuit) + _name_tokens(circuit) + _number_tokens(circuit)


def _name_tokens(circuit: Circuit) -> list[str]:
    """Names as they stand in the task (`` gain>=``), a result (`` gain=``), a call (``,"w_in":``), a sentence."""
    tokens = [f" {metric.name}{sign}" for metric in circuit.metrics for sign in (">=", "<=", "=")]
    for index, parameter in enumerate(circuit.parameters):
        tokens.append(f'{"," if index else "{"}"{parameter.name}":')
        if not parameter.name[-1].isdigit():
            tokens.append(f" {parameter.name}")
    return tokens


def _number_tokens(circuit: Circuit) -> list[str]:
    """The numbers of its conditions and of its metrics' grids."""
    texts = [text for conditions in circuit.conditions.all() for text in condition_values(conditions)]
    for spec in circuit.specs:
        texts += metric_grid(circuit.metric(spec.metric), spec).texts
    return list(dict.fromkeys(NUMBER.search(text).group() for text in texts))


def _is_number(token: str) -> bool:
    return NUMBER.fullmatch(token) is not None
