"""``.meas`` lines computed by us, beside ngspice's own ``.meas`` on the same run; what is refused, and how."""

import pytest

from sizing_app.circuit.meas import MeasError, read_meas
from sizing_app.simulator.metrics import MEASURES, WorstCase
from tests.spice_batch import run_deck

DECKS = {
    "tran": """* a sine and an edge through an RC
V1 in 0 sin(0 1 1k)
V2 st 0 pulse(0 1 1m 1u 1u 1m 2m)
R1 in out 1k
C1 out 0 100n
R2 st q 1k
C2 q 0 100n
.tran 1u 4m 0 1u""",
    "ac": """* a loop gain of three poles
V1 in 0 dc 0 ac 1
E1 a 0 in 0 1000
R1 a b 1k
C1 b 0 100n
R2 b c 100k
C2 c 0 1p
.ac dec 100 1 100meg""",
    "dc": """* a divider with a diode, from below 0
V1 in 0 0
R1 in out 1k
D1 out 0 dm
.model dm d is=1e-14
.dc v1 -2 3 0.01""",
}
LINES = {
    "tran": """mx max v(out) from=1m to=2m
mn min v(out)
mn2 min v(out) from=2m
pk pp v(out) from=1m to=3m
mean avg v(in) from=1m to=1.5m
mean2 avg v(q)
eff rms v(out) from=1m to=2m
eff2 rms v(in)
area integ v(q) from=1m to=2m
area2 integ v(out)
w1 when v(out)=0.2 rise=2
w2 when v(out)=0.2 fall=last
w3 when v(out)=v(in) cross=3
w4 when v(q)=0.5
w5 when v(out)=0.2 td=1.5m rise=1
f1 find v(in) when v(out)=0.2 fall=2
f2 find v(out) at=1.3m
f3 find v(in) when v(out)=0 cross=last
f4 find i(v1) at=0.6m
f5 find v(out) when time=1.1m
d1 trig v(in) val=0.5 rise=1 targ v(out) val=0.5 rise=1
d2 trig at=1m targ v(q) val=0.5 rise=1
d3 trig v(q) val=0.1 rise=1 targ v(q) val=0.9 rise=1
d4 trig v(st) val=0.5 fall=1 targ v(q) val=0.5 fall=1
d5 trig v(in) val=0 td=0.2m cross=2 targ v(out) val=0 td=0.2m cross=last
xa max_at v(out) from=1m to=2m
xi min_at v(out) from=1m to=2m
p1 param='mx-mn'
p2 param='2*d1+1m'
h1 max par('v(in)-v(out)')
h2 find par('v(in)*v(in)') at=1.3m
z1 pp i(v1) from=1m to=3m""",
    "ac": """gdc find vdb(c) at=10
gbw when vdb(c)=0 fall=1
ph find vp(c) when vdb(c)=0
mag find vm(b) at=1k
re find vr(c) at=100k
im find vi(c) at=100k
top max vdb(b)
peak pp vdb(c)
corner when vdb(b)=57 cross=1
plain find v(b) at=2k
level avg vdb(b) from=1k to=10k
hx when vm(b)=10 fall=last
dist trig vdb(b) val=40 fall=1 targ vdb(b) val=20 fall=1
pm param='180+ph*180/3.14159265'
two find vdb(b) when vp(b)=-0.7853981634""",
    "dc": """at1 find v(out) at=2
mid when v(out)=0.6
lo find v(out) at=-1
cur find i(v1) when v(out)=0.5
hi max v(out)
lw min v(out) from=-1 to=2
span pp v(out) from=0 to=2
mean avg v(out) from=0.5 to=2.5
area integ v(out) from=0 to=2
eff rms v(out) from=0 to=2""",
}
CASES = [(kind, line.split()[0]) for kind in LINES for line in LINES[kind].splitlines()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Kind to (what ngspice measured, vectors, what we measured)."""
    found = {}
    for kind, deck in DECKS.items():
        cards = [f".meas {kind} {line}" for line in LINES[kind].splitlines()]
        told, vectors = run_deck(tmp_path_factory.mktemp(kind), "\n".join([deck, *cards]))
        ours: dict[str, float] = {}
        for card in cards:
            ours[card.split()[2]] = MEASURES["meas"]({kind: vectors}, kind, card, known=ours)
        found[kind] = told, vectors, ours
    return found


def test_there_are_enough_cases():
    assert len(CASES) >= 50


@pytest.mark.parametrize("kind, name", CASES)
def test_a_measure_is_what_ngspice_says(kind, name, runs):
    told, _, ours = runs[kind]
    assert ours[name] == pytest.approx(told[name], rel=1e-3, abs=1e-9)


REFUSED = [
    (".meas tran x err v(a) v(b)", "x: 'err' is not supported, write avg or rms"),
    (".meas ac x lstb v(a)", "'lstb' is not supported, write the measures loop_gain"),
    (".meas tran x foo v(a)", "'foo' is not supported, only trig, targ,"),
    (".meas tran x", "expected .meas tran|ac|dc|noise NAME FUNCTION"),
    (".meas tran x trig v(a) val=1 rise=1", "expected targ after trig"),
    (".meas tran x trig v(a) rise=1 targ v(b) val=1 rise=1", "expected val= once after trig v(a)"),
    (".meas tran x when v(a)", "expected vector=value after when"),
    (".meas tran x when v(a)=1 rise=1 fall=1", "expected one of rise, fall and cross"),
    (".meas tran x when v(a)=1 rise=0", "rise=0: expected a number from 1 or last"),
    (".meas tran x find v(a)", "expected a vector, and at= or when"),
    (".meas tran x find v(a) on=1", "expected at= or when, found 'on=1'"),
    (".meas tran x max v(a) start=1", "'start=1' is not expected here, only td=, from=, to="),
    (".meas tran x max v(a) > /tmp/file", "'>' is not expected here"),
    (".meas tran x max `touch file`", "invalid syntax"),
    (".meas tran x max v(a); shell touch file", "invalid syntax"),
    (".meas tran x param='shell(1)'", "'shell' is not a function"),
    (".meas tran x param='(1'", "never closed"),
    (".meas tran x max 'v(a)", "without its partner"),
    (".meas tran x max " + "(" * 100_000, "characters"),
    (".meas tran x param=" + "9^" * 600 + "9", "characters"),
]


@pytest.mark.parametrize("line, said", REFUSED)
def test_a_refusal_names_the_word(line, said):
    with pytest.raises(MeasError) as found:
        read_meas(line)
    assert said in str(found.value)


def test_numbers_have_units_and_case_does_not_count():
    card = read_meas(".MEASURE TRAN Tr TRIG V(OUT) VAL = 0.5V RISE=1 TARG v( out ) val=1.5v FALL = LAST")
    assert (card.kind, card.name, card.function) == ("tran", "tr", "delay")
    assert card.vectors == {"v(out)"} and card.event.count == -1 and card.event.edge == "fall"
    assert read_meas(".meas tran x find v(a) at=10us").event.at.text == "10u"


def test_what_is_not_reached_has_no_value_and_a_reason(runs):
    vectors = {"tran": runs["tran"][1]}
    for line, reason in (("when v(out)=7", "passed 0 times"), ("find v(out) at=1", "outside the sweep")):
        with pytest.raises(WorstCase, match=reason) as found:
            MEASURES["meas"](vectors, "tran", f".meas tran x {line}", known={})
        assert found.value.value != found.value.value
