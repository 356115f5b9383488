"""The tokenizer of the small checkpoints: one token for every name and number, and what a turn costs."""

import re

import pytest

from sizing_app.circuit.folder import load_circuits
from sizing_app.prompt.compact import SPECIAL_TOKENS, call_text, render, result_text, target_text
from sizing_app.prompt.tokenizer import build_tokenizer, encode, load_tokenizer, save_tokenizer, token_values
from sizing_app.prompt.vocabulary import added_tokens
from sizing_app.prompt.values import metric_grid
from tests.checkpoint import a_history, a_query, sample_texts

CIRCUITS = list(load_circuits().values())


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(CIRCUITS, sample_texts(CIRCUITS), "compact", merges=200)


def test_texts_survive_encoding(tokenizer):
    for text in [*sample_texts(CIRCUITS, 20), "Grüße, 1825912V 12megain= w_inner <Analyze", "  \n\t 4.75u \0 √"]:
        assert tokenizer.decode(encode(tokenizer, text), skip_special_tokens=False) == text


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_numbers_and_names_are_one_token_each(tokenizer, circuit):
    assert all(len(encode(tokenizer, f' "{place}%"')) == 1 for place in range(101))
    for spec in circuit.specs:
        texts = metric_grid(circuit.metric(spec.metric), spec).texts
        numbers = [tokenizer.id_to_token(encode(tokenizer, text.lstrip("-"))[0]) for text in texts]
        assert numbers == [re.match(r"-?([0-9.]+)", text).group(1) for text in texts]
        name, *_, margin = encode(tokenizer, f" {spec.metric}={result_text(circuit, spec.metric, 1e-5)} -12%")
        assert (tokenizer.id_to_token(name), tokenizer.id_to_token(margin)) == (f" {spec.metric}=", " -12%")
        assert encode(tokenizer, " " + target_text(circuit, spec))[0] >= 256 + len(SPECIAL_TOKENS)


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_what_a_session_costs(tokenizer, circuit):
    task = a_query(circuit)
    parameters, specs = len(circuit.parameters), len(circuit.specs)
    first, second = (len(encode(tokenizer, render(task, a_history(task, turns), "compact"))) for turns in (1, 2))
    assert second - first <= 2 * parameters + 5 * specs + 4
    assert first - (second - first) <= 4 * specs + len(circuit.topology) + 18
    assert len(encode(tokenizer, call_text(circuit, task.initial))) <= 2 * parameters + 3


def test_values_of_tokens(tokenizer):
    values = {tokenizer.id_to_token(index): value for index, value in token_values(tokenizer).items()}
    assert values[' "43%"'] == ("position", 43.0)
    assert (values["4.75"], values["63.5"], values["976"]) == (("number", 4.75), ("number", 63.5), ("number", 976.0))
    assert (values[" -12%"], values[" +12%"], values[" 12%"]) == (("failed", 12.0), ("met", 12.0), ("percent", 12.0))
    numbers = [token for token in added_tokens(CIRCUITS, "compact") if token.lstrip(' +-"')[0].isdigit()]
    assert set(values) == set(numbers)


def test_saved_and_loaded(tokenizer, tmp_path):
    save_tokenizer(tokenizer, tmp_path)
    text = sample_texts(CIRCUITS, 1)[0]
    assert encode(load_tokenizer(tmp_path), text) == encode(tokenizer, text)
