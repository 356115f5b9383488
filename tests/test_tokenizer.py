"""The tokenizer of the small checkpoints: one token for every name and value, and what a turn costs."""

import pytest

from sizing_app.circuits import load_circuits
from sizing_app.prompt.compact import added_tokens, call_text, render, result_text, target_text
from sizing_app.prompt.tokenizer import build_tokenizer, encode, load_tokenizer, save_tokenizer, token_values
from sizing_app.prompt.values import metric_grid
from tests.checkpoint import a_history, a_query, sample_texts

CIRCUITS = list(load_circuits().values())


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(CIRCUITS, sample_texts(CIRCUITS), merges=200)


def test_texts_survive_encoding(tokenizer):
    for text in [*sample_texts(CIRCUITS, 20), "Grüße, 1825912V 12megain= w_inner <Analyze", "  \n\t 4.75u \0 √"]:
        assert tokenizer.decode(encode(tokenizer, text), skip_special_tokens=False) == text


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_every_value_is_one_token(tokenizer, circuit):
    values = [f' "{place}%"' for place in range(101)]
    for spec in circuit.specs:
        values += metric_grid(circuit.metric(spec.metric), spec).texts
        bounds = 4 if spec.kind == "range" else 2
        assert len(encode(tokenizer, " " + target_text(circuit, spec))) == bounds
        assert len(encode(tokenizer, f" {spec.metric}={result_text(circuit, spec.metric, 1e-5)} -12%")) == 3
    assert all(len(encode(tokenizer, value)) == 1 for value in values)


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_what_a_session_costs(tokenizer, circuit):
    task = a_query(circuit)
    parameters, specs = len(circuit.parameters), len(circuit.specs)
    first, second = (len(encode(tokenizer, render(task, a_history(task, turns)))) for turns in (1, 2))
    assert second - first <= 2 * parameters + 3 * specs + 4
    assert first - (second - first) <= 2 * specs + len(circuit.topology) + 14
    assert len(encode(tokenizer, call_text(circuit, task.initial))) <= 2 * parameters + 3


def test_values_of_tokens(tokenizer):
    values = {tokenizer.id_to_token(index): value for index, value in token_values(tokenizer).items()}
    assert values[' "43%"'] == ("position", 43.0)
    assert values["10u"] == ("si", pytest.approx(10e-6))
    assert values["60deg"] == ("deg", 60.0)
    assert values["75dB"] == ("dB", 75.0)
    assert (values[" -12%"], values[" +12%"], values[" 12%"]) == (("failed", 12.0), ("met", 12.0), ("percent", 12.0))
    numbers = [token for token in added_tokens(CIRCUITS) if token.lstrip(' +-"')[0].isdigit()]
    assert set(values) == set(numbers)
    assert all(value is not None for value in values.values())


def test_saved_and_loaded(tokenizer, tmp_path):
    save_tokenizer(tokenizer, tmp_path)
    text = sample_texts(CIRCUITS, 1)[0]
    assert encode(load_tokenizer(tmp_path), text) == encode(tokenizer, text)
