"""What a short text can cost the reader: included files, empty subcircuits, long lines."""

import re
import time

import pytest

from sizing_app.circuit.deck_rules import RefusedNetlist, check_size
from sizing_app.own.assembly import assemble
from sizing_app.own.draft import Draft
from sizing_app.spice.expand import MOST_EXPANDED
from sizing_app.spice.lines import LARGEST_TEXT, LONGEST_LOGICAL, read_lines
from sizing_app.spice.read import read_deck
from sizing_app.spice.words import split

CARD = ".model nch nmos level=1 vto=0.45 kp=280u\n"


def files_in_files(times: int, levels: int) -> dict[str, str]:
    """Each includes the next one so many times; the last one has a resistor."""
    texts = [f".include f{level + 1}.sp\n" * times for level in range(levels)]
    return {f"f{level}.sp": f"* title\n{text}" for level, text in enumerate([*texts, "R1 a 0 1k\n"])}


def empty_cells(times: int, levels: int) -> str:
    """Subcircuits without devices that call each other so many times, beside one transistor."""
    cells = "".join(f".subckt e{level} a\n" + "".join(f"X{at} a e{level - 1}\n" for at in range(times)) + ".ends\n"
                    for level in range(1, levels + 1))
    return (f"* title\n.subckt e0 a\n.ends\n{cells}.subckt top vdd out in\nR1 vdd out 1k\n"
            f"M1 out in 0 0 nch w=1u l=1u\nX1 out e{levels}\n.ends\n{CARD}.end\n")


@pytest.mark.parametrize("text", ["R1 a b 1\n" * 60_000, "x" * (LARGEST_TEXT + 1)])
def test_a_text_beyond_all_bounds_is_refused(text):
    with pytest.raises(RefusedNetlist, match="at most"):
        read_deck({"deck": text})


def test_files_that_include_each_other_many_times_are_refused():
    with pytest.raises(RefusedNetlist, match=f"with all included files in place .* more than {MOST_EXPANDED:,} lines"):
        read_deck(files_in_files(times=100, levels=7))
    assert len(read_deck(files_in_files(times=10, levels=3)).main.elements) == 1000


def test_empty_subcircuits_count_as_what_they_cost():
    made = assemble(Draft({"a.sp": empty_cells(times=20, levels=6)}, top="top"))
    assert [str(problem) for problem in made.problems] == [
        "line 136: 'top' expands to 6.4e+07 devices, at most 5,000"]
    assert assemble(Draft({"a.sp": empty_cells(times=4, levels=4)}, top="top")).problems == []
    with pytest.raises(RefusedNetlist, match="expands to 6e7 devices, at most 5,000"):
        check_size([*empty_cells(times=20, levels=6).splitlines()[1:-2], "X1 a b c top"])


def test_devices_of_a_netlist_that_is_too_large_are_not_compared():
    """Each with each other: 40,000 of them would take a quarter of an hour."""
    files = {"a.sp": "* title\n" + ".include b.sp\n" * 400, "b.sp": "M1 a a 0 0 nch w=1u l=1u\n" * 100 + CARD}
    begun = time.process_time()
    made = assemble(Draft(files))
    assert time.process_time() - begun < 60
    assert "expands to 4e+04 devices, at most 5,000" in str(made.problems[0]) and made.cell.devices == ()


def test_a_line_and_those_that_continue_it_are_bounded():
    piece = "+ " + "1k " * 1000 + "\n"
    found = read_lines("V1 a 0 pwl\n" + piece * 1000 + "R1 a 0 1k\n")
    assert [str(problem) for problem in found.problems] == [
        f"line 1: 'V1' has more than {LONGEST_LOGICAL:,} characters with the lines that continue it: "
        "make it several elements"]
    assert len(found.logical[0].text) <= LONGEST_LOGICAL and found.logical[1].text == "R1 a 0 1k"


def test_words_are_split_in_one_pass():
    """A copy of all words for each one would take a minute."""
    begun = time.process_time()
    assert len(split("a " * 200_000)) == 200_000
    assert time.process_time() - begun < 5


def parts(kind: str, times: int) -> str:
    """Transistors that share a source, or whose gates are ports; no two drains are one."""
    cells = {"source": ("vdd vss out", "M{0} d{0} g{0} s vss nch w=1u l=1u\n"),
             "ports": ("vdd vss out " + " ".join(f"\n+ q_x{at}z" for at in range(times)),
                       "M{0} d{0} q_x{0}z s{0} vss nch w=1u l=1u\n")}
    ports, line = cells[kind]
    return f"* title\n.subckt top {ports}\n{''.join(line.format(at) for at in range(times))}.ends\n{CARD}"


@pytest.mark.parametrize("kind, times", [("source", 800), ("ports", 400)])
def test_transistors_in_large_numbers_take_no_long_time(kind, times):
    text = parts(kind, times)
    begun = time.process_time()
    assemble(Draft({"deck": text}))
    assert time.process_time() - begun < 5.0


def corner_files(corners: int, cards: int) -> dict[str, str]:
    """A library whose sections set a number that all bins of a model have in all their settings."""
    bins = "".join(f".model nch.{at} nmos level=54 lmin=1e-7 lmax=1e-6 wmin=1e-7 wmax=1e-5\n" + "".join(
        "+ " + " ".join(f"p{row}x{item}='1.23456789e-9+dv'" for item in range(6)) + "\n" for row in range(12))
        for at in range(cards))
    sections = "".join(f".lib c{at}\n.param dv={at}e-3\n.lib 'a.lib' mos\n.endl c{at}\n" for at in range(corners))
    deck = ("* title\n.lib 'a.lib' c0\nVdd vdd 0 1.8\nR1 vdd a 1k\nM1 a a 0 0 nch w=1u l=1u\n.tran 1n 10n\n"
            ".meas tran x max v(a)\n.end\n")
    return {"top.sp": deck, "a.lib": f"{sections}.lib mos\n{bins}.endl mos\n"}


def test_cards_of_too_many_corners_ask_for_fewer_of_them():
    files = corner_files(corners=10, cards=20)
    assert [str(problem) for problem in assemble(Draft(files)).problems] == [
        "the model cards of 10 corners have 333,560 characters together, at most 200,000: choose fewer corners"]
    made = assemble(Draft(files, corners=("c0", "c3")))
    assert made.problems == [] and re.findall(r"\.lib (\w+)", made.circuit.models) == ["c0", "c3"]
