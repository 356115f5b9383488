"""Words for parameters and metrics that serve any circuit, and the version of the prompt that is written in them."""

import re
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.definition import Circuit, Metric, Parameter, Spec
from sizing_app.circuit.folder import load_circuit, load_circuits
from sizing_app.errors import PolicyError
from sizing_app.policy import PolicySettings, can_size, check_can_size, lack_of
from sizing_app.policy.engine import Engine
from sizing_app.policy.language_model import LanguageModel
from sizing_app.prompt.analysis import verb
from sizing_app.prompt.compact import render, write_reply
from sizing_app.prompt.grammar import grammar
from sizing_app.prompt.parser import parse_reply
from sizing_app.prompt.roles import all_words, kind_of, metric_word, misfits, parameter_word, words_of
from sizing_app.prompt.tokenizer import build_tokenizer, encode
from sizing_app.prompt.values import NUMBER
from sizing_app.prompt.versions import LATEST, VERSIONS
from sizing_app.prompt.vocabulary import added_tokens
from sizing_app.prompt.wording import NamesWritten, wording
from sizing_app.train.family.archive import load_family
from tests.builders import a_circuit, a_circuit_without_words, a_task, on_grid
from tests.checkpoint import a_history, a_query, sample_texts, write_checkpoint
from tests.test_spice_corpus import cell_of, circuit_of

CIRCUITS = load_circuits()
EVERY = {**CIRCUITS, **load_family()}


@pytest.mark.parametrize(("unit", "role", "word"), [
    ("m", "input pair width", "w_in"), ("m", "input pair length, also of others", "l_in"),
    ("m", "width of the diode that biases the NMOS cascodes: narrower, higher gate voltage", "w_bcasn"),
    ("m", "tail current source width; copies the bias diode w_bn", "w_tail"), ("A", "bias current, mirrored", "i_bias"),
    ("m", "NMOS current source width at the foot of the folded branch", "w_srcn"),
    ("V", "PMOS cascode gate voltage", "v_casp"), ("Ohm", "zero-nulling resistor", "r_comp"),
    ("m", "second-stage transistor length", "l_out"), ("m", "second-stage current sink width", "w_osrc"),
    ("F", "Miller capacitor from output to gate", "c_comp"), ("m", "cascode width (M3, M4)", "w_cas"),
    ("m", "input pair width of m1, m2 (wn)", "w_in"), ("Ohm", "resistor (R1)", "r_x"),
    ("m", "device width (M1)", "w_x"), ("m", "latch length, NMOS and PMOS", "l_lat"), ("m", "", "w_x")])
def test_a_parameter_is_told_by_what_it_is(unit, role, word):
    assert parameter_word(Parameter("q7", unit, 1e-6, 1e-4, role)) == word


@pytest.mark.parametrize(("unit", "title", "word"), [
    ("dB", "DC gain", "gain"), ("dB", "PSRR at 1 kHz", "psrr"), ("dB", "THD", "thd"), ("Hz", "Low-pass corner", "bw"),
    ("Hz", "Unity-gain frequency", "gbw"), ("deg", "Phase margin, full load", "pm"),
    ("V", "Systematic offset", "offset"), ("V", "vx", "voltage"), ("s", "Settling time", "settling"),
    ("", "Line regulation", "linereg"), ("A", "i1", "current"),
    ("V/sqrt(Hz)", "Input noise density", "noise"), ("furlong", "Distance", "x")])
def test_a_metric_is_told_by_unit_and_title(unit, title, word):
    assert metric_word(Metric("m7", title, unit, "")) == word


def test_every_circuit_fits_and_each_word_is_one_thing():
    parameters, metrics = map(set, all_words())
    for circuit in EVERY.values():
        words = words_of(circuit)
        assert not misfits(circuit), circuit.name
        assert len(set(words.values())) == len(words) == len(circuit.parameters) + len(circuit.metrics)
        assert {re.sub(r"\d+$", "", words[item.name]) for item in circuit.parameters} <= parameters
        assert {re.sub(r"\d+$", "", words[item.name]) for item in circuit.metrics} <= metrics
        assert max(int(NUMBER.search(word)[0]) if word[-1].isdigit() else 1 for word in words.values()) < 10
    assert not parameters & metrics


def test_a_length_is_a_length_by_its_name_or_its_role():
    """What lengthens in an analysis is the same for circuits of this repository and in words."""
    for circuit in EVERY.values():
        for parameter, other in zip(circuit.parameters, wording(circuit, LATEST).circuit.parameters, strict=True):
            assert (kind_of(parameter) == "l") == (parameter.unit == "m" and parameter.name.startswith("l"))
            assert verb(parameter, True) == verb(other, True)


@pytest.mark.parametrize("name", CIRCUITS)
def test_reading_a_reply_in_words_gives_the_proposal_back(name):
    circuit = CIRCUITS[name]
    for seed in range(3):
        design, words = on_grid(circuit, a_query(circuit, seed).initial), wording(circuit, LATEST)
        first = words.circuit.parameters[0].name
        text = write_reply(words.circuit, f"I raise {first}.", words.parameters(design))
        found = parse_reply(words.in_names(text).removesuffix("<|end|>"), circuit)
        assert not found.problems and found.parameters == pytest.approx(design)
        assert found.reasoning == f"I raise {circuit.parameters[0].name}."
        assert words.in_words(found.reasoning) == f"I raise {first}."


def renamed(circuit: Circuit) -> Circuit:
    """The same circuit in names that say nothing."""
    names = {item.name: f"q{place}_" for place, item in enumerate((*circuit.parameters, *circuit.metrics))}
    return replace(circuit, parameters=tuple(replace(item, name=names[item.name]) for item in circuit.parameters),
                   metrics=tuple(replace(item, name=names[item.name]) for item in circuit.metrics),
                   specs=tuple(replace(spec, metric=names[spec.metric]) for spec in circuit.specs))


@pytest.mark.parametrize("name", ["OTA", "MILLER", "SimLDO"])
def test_names_play_no_part(name):
    circuit, other = CIRCUITS[name], renamed(CIRCUITS[name])
    prompts = [render(a_query(each, 2), a_history(a_query(each, 2), 4, 1), LATEST) for each in (circuit, other)]
    assert prompts[0] == prompts[1] and "q0_" not in prompts[0]
    assert grammar(wording(circuit, LATEST).circuit) == grammar(wording(other, LATEST).circuit)


def test_it_tells_the_same_as_the_version_before():
    """Word by word: the prompt with names in place of words is that of compact-2."""
    task = a_query(CIRCUITS["OTA"], 1)
    history, words = a_history(task, 4, 1), wording(task.circuit, LATEST)
    assert words.in_names(render(task, history, LATEST)) == render(task, history, "compact-2")
    assert wording(task.circuit, "compact-2").circuit is task.circuit and VERSIONS[LATEST].roles


def test_the_plain_version_tells_all_but_the_evidence():
    task = a_query(CIRCUITS["OTA"], 1)
    full, plain = (render(task, a_history(task, 4, 1), version) for version in (LATEST, "compact-3-plain"))
    assert " since " in full and re.sub(r" since .*?(?=<)", "", full) == plain


@given(st.data())
def test_words_become_names_while_they_are_written(data):
    words = wording(CIRCUITS["ADC1"], LATEST)
    text = "Turn 1 misses error2 by 5%. I raise w_boot and cut w_boot2, w_invn. I expect error down and kick up."
    pieces, rest, writer = [], text, NamesWritten(words)
    while rest:
        size = data.draw(st.integers(1, 7))
        pieces.append(writer.feed(rest[:size]))
        rest = rest[size:]
    assert "".join([*pieces, writer.finish()]) == words.in_names(text)
    assert words.in_names(text) == ("Turn 1 misses e_0 by 5%. I raise w_bch and cut w_bp, w_dn. I expect e_s down and "
                                    "kick up.")


def test_the_tokens_are_the_same_whatever_the_circuits():
    tokens = added_tokens([], LATEST)
    assert tokens == added_tokens(CIRCUITS.values(), LATEST)
    for circuit in CIRCUITS.values():
        own = wording(circuit, LATEST).circuit
        first = own.parameters[0].name
        kinds = [f" {own.process}:", *(f" {word}" for word in circuit.topology)]
        assert {*kinds, f'{{"{first}":', f" {first}"} <= set(tokens)


def test_prompts_are_hardly_longer_than_in_names():
    """Tokens of a prompt of four turns and of a reply, over all circuits."""
    circuits, sizes = list(CIRCUITS.values()), {}
    for version in ("compact-2", LATEST):
        tokenizer = build_tokenizer(circuits, sample_texts(circuits, 51, version), version)
        sizes[version] = [len(encode(tokenizer, render(task, a_history(task, 4, 1), version)))
                          for task in (a_query(circuit, 1) for circuit in circuits)]
    assert sum(sizes[LATEST]) < 1.04 * sum(sizes["compact-2"])
    assert max(after / before for after, before in zip(sizes[LATEST], sizes["compact-2"], strict=True)) < 1.08


def test_what_has_no_word_is_named():
    circuit = a_circuit_without_words()
    assert misfits(circuit) == ["far (unit furlong)"]
    odd = replace(circuit, parameters=(replace(circuit.parameters[0], role="device width (M1)"),))
    assert misfits(odd)[0] == 'w (no role is told by "device width (M1)")'


def test_a_bound_that_is_not_above_0_has_no_words(tmp_path):
    """It would be told as a bound above 0: neither a circuit nor a task may have it."""
    plain = a_circuit()
    given = PolicySettings(models=tmp_path)
    for version in VERSIONS:
        write_checkpoint(tmp_path / "tl-grpo", [plain], version=version)
        below = replace(plain, metrics=(*plain.metrics, Metric("vss", "Level", "V", "")),
                        specs=(*plain.specs, Spec("vss", high=-0.5)))
        assert "vss <= -500 mV (a bound that is not above 0)" in lack_of("tl-grpo", below, given)
        check_can_size("tl-grpo", a_task(plain), given)
        for spec in (Spec("power", high=-1e-6), Spec("power", low=-1e-6, high=2e-6),
                     Spec("power", high=0.0, scale=1e-6)):
            with pytest.raises(PolicyError, match="no words for power .* not above 0"):
                check_can_size("tl-grpo", replace(a_task(plain), specs=(plain.specs[0], spec)), given)
        check_can_size("tl-grpo", replace(a_task(plain), specs=(Spec("gain", low=-3.0, scale=20.0),)), given)


def test_a_checkpoint_in_words_is_offered_on_an_imported_circuit(tmp_path):
    """One that reads roles is; one that reads names is not, and what does not fit is said."""
    for version in ("compact-2", LATEST):
        write_checkpoint(tmp_path / version / "tl-grpo", [CIRCUITS["OTA"]], version=version)
    settings = [PolicySettings(models=tmp_path / version) for version in ("compact-2", LATEST)]
    miller = circuit_of(cell_of("sky130_miller.spice"), "sky130_miller")
    assert [can_size("tl-grpo", miller, each) for each in settings] == [False, True]
    assert "no words for" in lack_of("tl-grpo", miller, settings[0])
    shifter = circuit_of(cell_of("level_shifter.sp"), "level_shifter")
    assert lack_of("tl-grpo", shifter, settings[1]) == (
        'the checkpoint has no words for w_m3 (no role is told by "device width (m3)")')
    assert not can_size("tl-grpo", CIRCUITS["OTA"], PolicySettings(models=tmp_path / "nowhere"))


def test_a_checkpoint_in_words_answers_in_the_names_of_a_circuit_that_it_never_saw(tmp_path):
    """Random weights: everything but skill is real. It is shown words, its call and its plan come back in names."""
    folder, circuit = tmp_path / "tiny", load_circuit("NMC")
    write_checkpoint(folder, [CIRCUITS["OTA"]], version=LATEST)
    task, never = a_query(circuit, 1), threading.Event()
    history = a_history(task, 2)
    with Engine(folder, slots=1, cache=tmp_path) as engine:
        model = LanguageModel("tiny", lambda: engine.base_url, "tiny", folder, temperature=1.0, prompt=LATEST)
        found = [list(model.propose(replace(task, seed=seed), history, never))[-1] for seed in range(4)]
        *deltas, planned = model.act(task, history, "I raise w_g2.", never)
    assert all(not proposal.problems for proposal in found) and any(proposal.parameters for proposal in found)
    called = next(proposal for proposal in found if proposal.parameters)
    assert '"w_g2": "' in called.text and '"w_out": "' not in called.text
    assert planned.reasoning == "I raise w_g2." and deltas[0].text == "<Analyze>I raise w_g2.</Analyze>"
