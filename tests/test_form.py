"""The masks of a reply's form: what the teacher writes is allowed, and nothing that the parser complains of."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sizing_app.circuit.folder import load_training_circuit
from sizing_app.prompt.compact import END, write_reply
from sizing_app.prompt.parser import parse_reply
from sizing_app.prompt.tokenizer import build_tokenizer, encode
from sizing_app.train.form import Form
from sizing_app.train.optim import make_optimizers
from sizing_app.train.run_folder import generator
from sizing_app.train.sampler import Sampler
from sizing_app.train.step import Step, update
from tests.test_train import CONFIG
from tests.training import a_model

CPU = torch.device("cpu")
CIRCUITS = [load_training_circuit(name) for name in ("OTA", "MILLER", "SimLDO")]


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(CIRCUITS, ["Turn 1 misses gbw by 12%. I raise w_in. I expect gbw up."] * 3, "compact")


@pytest.fixture(scope="module")
def form(tokenizer):
    return Form(tokenizer)


@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.name)
def test_what_the_teacher_writes_is_allowed_and_only_choices_are_free(tokenizer, form, circuit):
    for parameters in ({parameter.name: parameter.high for parameter in circuit.parameters}, None):
        tokens = encode(tokenizer, write_reply(circuit, "I raise w_in. I expect gbw up.", parameters))
        allowed = form.masks(tokens)
        assert bool(allowed[torch.arange(len(tokens)), tokens].all())
        free = int((allowed.sum(dim=1) > 1).sum())
        analysis = tokens.index(form.close)
        assert free == analysis + 1 + (0 if parameters is None else len(circuit.parameters))


def test_a_random_model_that_keeps_to_the_form_writes_valid_replies(tokenizer, form):
    """Three circuits in one batch, so that templates have different lengths."""
    model = a_model(tokenizer)
    sampler = Sampler(model, tokenizer.token_to_id(END), reply_tokens=500, form=form)
    groups = sampler.sample([[10, 11, 12]] * 3, 16, generator(CPU, 0), CIRCUITS)
    complete = 0
    for circuit, group in zip(CIRCUITS, groups, strict=True):
        for sample in group:
            if sample.tokens[-1] == sampler.end_token:
                proposal = parse_reply(tokenizer.decode(sample.tokens[:-1], skip_special_tokens=False), circuit)
                assert not proposal.problems and (proposal.finished or proposal.parameters is not None)
                complete += 1
    assert complete > 6


def test_sampler_and_trainer_agree_on_the_choices(tokenizer, form):
    model = a_model(tokenizer)
    sampler = Sampler(model, tokenizer.token_to_id(END), reply_tokens=200, form=form)
    prompts = [(10, 11, 12), (20, 21, 22, 23, 24), (30,)]
    groups = sampler.sample(prompts, 4, generator(CPU, 0), CIRCUITS)
    rows = [[Step(prompt, sample.tokens, sample.logprobs, (float(number),) * len(sample.tokens))
             for number, sample in enumerate(group)] for prompt, group in zip(prompts, groups, strict=True)]
    found = update(model, make_optimizers(model, 0.0), rows, range(len(rows)), replace(CONFIG, updates=1),
                   np.random.default_rng(0), form)
    assert found["ratio_error"] < 1e-3 and found["clip_share"] == 0 and found["entropy"] > 0
