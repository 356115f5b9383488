"""The same text in plain ngspice with the foundry's models, beside the import: what is equal, what is told."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from sizing_app.cli.own_text import check_text
from sizing_app.own.assembly import assemble
from sizing_app.own.draft import Draft
from sizing_app.own.draft_check import beside, check_draft
from sizing_app.own.plain_library import NoLibrary, library
from sizing_app.simulator.confine import missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"this kernel has no {', no '.join(missing())}")
GUIDE = (Path(__file__).parents[1] / "docs" / "own-circuit.md").read_text()
OPAMP, LDO = (re.search(rf"```spice {name}\n(.*?)```", GUIDE, re.DOTALL)[1] for name in ("opamp.spice", "ldo.spice"))
AREAS = "ad='int((nf+1)/2) * W/nf * 0.29' as='int((nf+2)/2) * W/nf * 0.29' pd='2*int((nf+1)/2) * (W/nf + 0.29)'"
"""As xschem writes them."""
MIRROR = """* a mirror
.subckt mirror vdd gnd iref out
M1 iref iref vdd vdd {model} w=1u l=0.2u
M2 out iref vdd vdd {model} w=1u l=0.2u m=2
R1 gnd vdd 100k
.ends
"""


def opamp(text: str = OPAMP) -> Draft:
    return Draft({"opamp.spice": text}, values={"ib": "10u"}, loads=(2e-12,))


@pytest.mark.parametrize("text", [OPAMP, OPAMP.replace("nf=2 m=1", f"nf=2 {AREAS} m=1"),
                                  OPAMP.replace("C1 OUT nz 800f", "XC1 OUT nz sky130_fd_pr__cap_mim_m3_1 W=20 L=20")])
def test_an_op_amp_on_sky130_is_the_same(simulator, text):
    """The MIM capacitor is an ideal one in the import, and one with plates and contacts in the foundry's file."""
    found = check_draft(opamp(text), simulator, designs=0).found
    assert found.plain_log == "" and set(found.plain) == {metric.name for metric in found.circuit.metrics}
    assert set(found.different) <= ({"gbw", "pm", "slew", "settling"} if "cap_mim" in text else set())
    assert found.as_written["gain"] == pytest.approx(found.plain["gain"], rel=1e-3)
    assert found.as_written["gbw"] == pytest.approx(found.plain["gbw"], rel=5e-3)
    assert found.original.metrics["gbw"] != pytest.approx(found.plain["gbw"], rel=1e-2)
    assert "as written" in check_text(found)


def test_an_import_that_takes_a_word_otherwise_is_seen(simulator):
    """mult is no number of devices for SKY130's own library."""
    wrong = check_draft(opamp(OPAMP.replace("m=8", "mult=8")), simulator, designs=0).found
    assert {"power", "slew"} <= set(wrong.different) and wrong.plain["power"] < 0.6 * wrong.as_written["power"]


def test_a_regulator_on_gf180_has_the_same_currents(simulator):
    told = Draft({"ldo.spice": LDO}, settings={"output": "2.4"}, loads=(1e-9,))
    found = check_draft(told, simulator, designs=0).found
    for name in ("i_q", "i_full", "dropout", "noise", "psrr_1k", "psrr_100k"):
        assert found.plain[name] == pytest.approx(found.as_written[name], rel=1e-3), name
    assert found.plain["accuracy"] == pytest.approx(found.as_written["accuracy"], abs=1e-4)


def test_a_mirror_of_freepdk45_is_the_same(simulator):
    told = Draft({"mirror.sp": MIRROR.format(model="PMOS_VTL")}, roles={"out": "out"}, values={"iref": "10u"})
    found = check_draft(told, simulator, designs=0).found
    assert found.plain and found.different == () and found.plain_log == ""


@pytest.mark.parametrize("text, word", [
    (OPAMP.replace("R1 nz n2 4.6k", "XR1 nz n2 VSS sky130_fd_pr__res_high_po_0p69 L=10"), "res_high_po_0p69"),
    (LDO.replace("pfet_06v0", "pmos_6p0"), "pmos_6p0 is no device"), (MIRROR.format(model="pmos"), "pmos is no device"),
    (LDO.replace("XM", "M"), "is no X line"),
])
def test_what_the_library_does_not_have_is_told(text, word):
    process = "sky130" if text.startswith("* a mirror") else None
    made = assemble(Draft({"a.sp": text}, process=process, settings={"output": "2.4"} if "vref" in text else {}))
    answer = beside(made)
    assert answer.status == "refused" and word in answer.log
    with pytest.raises(NoLibrary, match=word):
        library(made.deck, made.cell.top, made.cell.process, made.cell.corner)


def test_exactly_what_was_written_is_held_against_itself(simulator):
    found = check_draft(replace(opamp(), as_written=True), simulator, designs=0).found
    assert found.as_written == {} and found.different == ()


AMPLIFIER = """* one transistor at 27 C, slow
.option temp=27
.lib own.l ss
Vdd vdd 0 1.8
Vin in 0 dc 0.7 ac 1
M1 out in 0 0 nch w=10u l=1u
R1 vdd out 4k tc1=5m
.ac dec 10 1k 1g
.meas ac g0 find vm(out) at=1k
.end
"""
SECTIONS = "".join(f".lib {name}\n.model nch nmos level=1 vto={vto} kp=280u\n.endl\n"
                   for name, vto in (("tt", 0.45), ("ss", 0.55)))


def test_the_text_is_simulated_at_the_nominal_conditions(simulator):
    """The gain is 280u * 10 * (0.7 V - vto) * 4k: 2.8 at tt and 1.68 at ss, more where the resistor is warm."""
    files = {"amp.sp": AMPLIFIER, "own.l": SECTIONS}
    for choices, gain in (({}, 280e-5 * 0.15 * 4e3), ({"corners": ("tt", "ss")}, 280e-5 * 0.25 * 4e3)):
        found = check_draft(Draft(files, **choices), simulator, designs=0).found
        assert found.original.metrics["g0"] == pytest.approx(gain, rel=0.01) and found.different == ()
    cold = check_draft(Draft(files), simulator, designs=0).found.plain["g0"]
    warm = check_draft(Draft(files, temperatures=(87.0, 27.0)), simulator, designs=0).found
    assert warm.plain["g0"] == pytest.approx(warm.original.metrics["g0"], rel=1e-3)
    assert warm.plain["g0"] > 1.01 * cold


def test_the_installed_models_are_those_of_the_nominal_corner(simulator):
    found = check_draft(replace(opamp(), corners=("ss", "tt"), temperatures=(85.0, 27.0)), simulator, designs=0).found
    assert found.plain["gbw"] == pytest.approx(found.as_written["gbw"], rel=5e-3)


def test_sources_in_parallel_are_as_many_in_plain_ngspice(simulator):
    """4 x 10 uA through 1 kOhm, and so on."""
    text = """* sources in parallel
V1 b 0 dc 1 ac 0
I1 0 a 10u m=4
R1 a 0 1k
G1 0 c b 0 1m m=3
R2 c 0 1k
G2 0 d cur='1m*v(b)' m=3
R3 d 0 1k
Vs b e 0
R5 e 0 1k
F1 0 f Vs 1 m=2
R4 f 0 1k
.tran 1u 10u
"""
    wanted = {"a": 0.04, "c": 3.0, "d": 3.0, "f": 2.0}
    cards = "".join(f".meas tran m_{net} find v({net}) at=5u\n" for net in wanted)
    found = check_draft(Draft({"many.sp": f"{text}{cards}.end\n"}), simulator, designs=0).found
    assert found.original.metrics == pytest.approx({f"m_{net}": volt for net, volt in wanted.items()}, rel=1e-3)
    assert found.different == ()
