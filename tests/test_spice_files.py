"""Which uploaded files a netlist reads, and which sections of them."""

import pytest

from sizing_app.spice.read import read_deck


def test_files_are_those_that_were_uploaded_and_no_others(tmp_path):
    secret = tmp_path / "models.lib"
    secret.write_text(".model n nmos level=1\n")
    deck = read_deck({"deck.sp": f"* a\n.include {secret}\nM1 d g 0 0 n w=1u l=1u\nR1 d 0 1k\n"})
    assert deck.cards == () and [str(item) for item in deck.missing] == [
        f"line 2: {str(secret)[:60]!r} is a file on your machine: upload it too"]
    assert read_deck({"deck.sp": f"* a\n.include {secret}\nR1 d 0 1k\n", "models.lib": secret.read_text()}).cards


SLOW, FAST = ".model n nmos level=1 vto=0.6\n", ".model n nmos level=1 vto=0.3\n"


@pytest.mark.parametrize("path, main, vto", [
    ("slow/m.lib", "top.sp", "0.6"), ("fast/m.lib", "top.sp", "0.3"), ("/home/me/SLOW/m.lib", "top.sp", "0.6"),
    ("C:\\pdk\\slow\\m.lib", "top.sp", "0.6"), ("m.lib", "slow/top.sp", "0.6"),
    ("../fast/./m.lib", "slow/top.sp", "0.3")])
def test_of_files_of_one_name_the_path_tells_which(path, main, vto):
    deck = read_deck({main: f"* a\n.include {path}\nM1 d g 0 0 n w=1u l=1u\n", "fast/m.lib": FAST, "slow/m.lib": SLOW})
    other = "fast/m.lib" if vto == "0.6" else "slow/m.lib"
    assert deck.problems == () and [card.settings["vto"] for card in deck.cards] == [vto]
    assert any(str(note).startswith(f"{other} line 1: the file is not read") for note in deck.notes)


def test_a_path_that_means_several_files_is_a_problem():
    deck = read_deck({"top.sp": "* a\n.include old/m.lib\nM1 d g 0 0 n w=1u l=1u\n", "fast/m.lib": FAST,
                      "slow/m.lib": SLOW})
    assert [str(problem) for problem in deck.problems] == [
        "top.sp line 2: 'old/m.lib' may be fast/m.lib or slow/m.lib: write the folder too"]


def test_a_file_may_not_include_itself():
    deck = read_deck({"a.sp": "* a\n.include b.sp\nR1 a 0 1\n", "b.sp": ".include b.sp\nR2 a 0 1\n"})
    assert [str(problem) for problem in deck.problems] == [
        "b.sp line 1: 'b.sp' includes itself, or is included too deeply"]


def test_corners_are_the_sections_of_a_library():
    library = ".lib tt\n.model n nmos level=1 vto=0.5\n.endl\n.lib ss\n.model n nmos level=1 vto=0.6\n.endl\n"
    deck = read_deck({"a.sp": "* a\n.lib 'x/own.l' tt\nM1 d g 0 0 n w=1u l=1u\nR1 d 0 1k\n", "own.l": library})
    found = {corner: cards[0].settings["vto"] for corner, (cards, _) in deck.corners.items()}
    assert found == {"tt": "0.5", "ss": "0.6"}
