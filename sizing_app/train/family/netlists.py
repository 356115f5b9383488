"""The netlist of a member, put together from blocks that are written for an NMOS input pair.

With a PMOS input pair the same circuit stands on its head: supply and ground, NMOS and PMOS, and the names that hold an
n or a p change places. So a name keeps its meaning: w_psrc are PMOS current sources in every circuit.
"""

import re

from sizing_app.train.family.options import Options

_PAIRS = (("nmos", "pmos"), ("0", "vdd"), ("vbn", "vbp"), ("vcn", "vcp"), ("l_n", "l_p"), ("w_bn", "w_bp"),
          ("w_bcn", "w_bcp"), ("w_ncas", "w_pcas"), ("w_nmir", "w_pmir"), ("w_nsrc", "w_psrc"))
_PARTNERS = {first: second for pair in _PAIRS for first, second in (pair, pair[::-1])}
_PARTNER = re.compile(rf"\b({'|'.join(_PARTNERS)})\b")


def netlist(options: Options) -> str:
    """netlist.sp of a member."""
    blocks = [_bias(options), _FIRST_STAGES[options.first_stage](options)]
    if options.compensation:
        blocks.append(_second_stage(options))
    text = "\n".join(blocks)
    title = f"* {', '.join(options.topology)}, {options.flavour.name}"
    return f"{title}\n{mirrored(text) if options.mirrored else text}\n"


def mirrored(text: str) -> str:
    """The circuit upside down; the current source turns by its sign."""
    turned = _PARTNER.sub(lambda found: _PARTNERS[found[0]], text)
    return turned.replace("{i_b}", "{-i_b}")


def _bias(options: Options) -> str:
    source = "Rb vdd vbn {r_b}" if options.bias == "resistor-bias" else "Ib vdd vbn {i_b}"
    return f"* bias\n{source}\nMb1 vbn vbn 0 0 nmos w={{w_bn}} l={{l_n}}"


def _mirror_load(options: Options) -> str:
    first, second, output = _inputs(options)
    return f"""* input pair, tail and mirror load
M0 tail vbn 0 0 nmos w={{w_tail}} l={{l_n}}
M1 o1 {first} tail 0 nmos w={{w_in}} l={{l_in}}
M2 {output} {second} tail 0 nmos w={{w_in}} l={{l_in}}
M3 o1 o1 vdd vdd pmos w={{w_load}} l={{l_load}}
M4 {output} o1 vdd vdd pmos w={{w_load}} l={{l_load}}"""


def _telescopic(options: Options) -> str:
    """The gates of the input side's cascodes follow the tail, those of the mirror's stand below the supply."""
    first, second, output = _inputs(options)
    return f"""* bias of the cascodes
Mb2 vbp vbn 0 0 nmos w={{w_bn}} l={{l_n}}
Mb3 vbp vbp vdd vdd pmos w={{w_pmir/2}} l={{l_p}}
Mb4 vcn vbp vdd vdd pmos w={{w_pmir/2}} l={{l_p}}
Mb5 vcn vcn tail 0 nmos w={{w_bcn}} l={{l_n}}
Mb6 vcp vbn 0 0 nmos w={{w_bn}} l={{l_n}}
Mb7 vcp vcp vdd vdd pmos w={{w_bcp}} l={{l_p}}
* input pair, tail, cascodes and cascoded mirror
M0 tail vbn 0 0 nmos w={{w_tail}} l={{l_n}}
M1 f1 {first} tail 0 nmos w={{w_in}} l={{l_in}}
M2 f2 {second} tail 0 nmos w={{w_in}} l={{l_in}}
M3 o1 vcn f1 0 nmos w={{w_ncas}} l={{l_cas}}
M4 {output} vcn f2 0 nmos w={{w_ncas}} l={{l_cas}}
M5 o1 vcp y1 vdd pmos w={{w_pcas}} l={{l_cas}}
M6 {output} vcp y2 vdd pmos w={{w_pcas}} l={{l_cas}}
M7 y1 o1 vdd vdd pmos w={{w_pmir}} l={{l_p}}
M8 y2 o1 vdd vdd pmos w={{w_pmir}} l={{l_p}}"""


def _folded_cascode(options: Options) -> str:
    first, second, output = _inputs(options)
    return f"""* bias of current sources and cascodes
Mb2 vbp vbn 0 0 nmos w={{w_bn}} l={{l_n}}
Mb3 vbp vbp vdd vdd pmos w={{w_psrc/2}} l={{l_p}}
Mb4 vcn vbp vdd vdd pmos w={{w_psrc/2}} l={{l_p}}
Mb5 vcn vcn 0 0 nmos w={{w_bcn}} l={{l_n}}
Mb6 vcp vbn 0 0 nmos w={{w_bn}} l={{l_n}}
Mb7 vcp vcp vdd vdd pmos w={{w_bcp}} l={{l_p}}
* input pair, tail, folding, cascodes and cascoded mirror
M0 tail vbn 0 0 nmos w={{w_tail}} l={{l_n}}
M1 f1 {first} tail 0 nmos w={{w_in}} l={{l_in}}
M2 f2 {second} tail 0 nmos w={{w_in}} l={{l_in}}
M3 f1 vbp vdd vdd pmos w={{w_psrc}} l={{l_p}}
M4 f2 vbp vdd vdd pmos w={{w_psrc}} l={{l_p}}
M5 o1 vcp f1 vdd pmos w={{w_pcas}} l={{l_cas}}
M6 {output} vcp f2 vdd pmos w={{w_pcas}} l={{l_cas}}
M7 o1 vcn y1 0 nmos w={{w_ncas}} l={{l_cas}}
M8 {output} vcn y2 0 nmos w={{w_ncas}} l={{l_cas}}
M9 y1 o1 0 0 nmos w={{w_nmir}} l={{l_n}}
M10 y2 o1 0 0 nmos w={{w_nmir}} l={{l_n}}"""


_FIRST_STAGES = {"mirror-load": _mirror_load, "telescopic": _telescopic, "folded-cascode": _folded_cascode}


def _inputs(options: Options) -> tuple[str, str, str]:
    """Gates of M1 and M2, and the output of the first stage; a second stage inverts once more."""
    return ("inn", "inp", "o2") if options.compensation else ("inp", "inn", "out")


def _second_stage(options: Options) -> str:
    """A common-source transistor whose gate voltage is that of the first stage's mirror, and its current source."""
    if options.first_stage == "folded-cascode":
        pair = ("M20 out o2 0 0 nmos w={w_cs} l={l_cs}", "M21 out vbp vdd vdd pmos w={w_src2} l={l_p}")
    else:
        pair = ("M20 out o2 vdd vdd pmos w={w_cs} l={l_cs}", "M21 out vbn 0 0 nmos w={w_src2} l={l_n}")
    return "\n".join(("* second stage and compensation", *pair, _COMPENSATIONS[options.compensation]))


_COMPENSATIONS = {"miller": "Cc o2 out {c_c}", "miller-rz": "Rz o2 z {r_z}\nCc z out {c_c}",
                  "cascode-miller": "Cc f2 out {c_c}"}
