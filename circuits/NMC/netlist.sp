* Three-stage amplifier with nested Miller compensation: NMOS pair on a mirror, PMOS common source turned around by a
* mirror (a second stage that does not invert), NMOS common source. Both capacitors share the nulling resistor.
* Bias: i_ref into Mb1; Mb2 copies it into the diode Mb3 for the PMOS current sources
Ib vdd vbn {i_ref}
Mb1 vbn vbn 0 0 nmos w={w_bn} l={l_n}
Mb2 vbp vbn 0 0 nmos w={w_bn} l={l_n}
Mb3 vbp vbp vdd vdd pmos w={w_bp} l={l_p}
* first stage
M0 tail vbn 0 0 nmos w={w_tail} l={l_n}
M1 d1 inn tail 0 nmos w={w_in} l={l_in}
M2 o1 inp tail 0 nmos w={w_in} l={l_in}
M3 d1 d1 vdd vdd pmos w={w_load} l={l_load}
M4 o1 d1 vdd vdd pmos w={w_load} l={l_load}
* second stage
M5 y2 g2 vdd vdd pmos w={w_g2} l={l_load}
M6 y2 y2 0 0 nmos w={w_m2} l={l_m2}
M7 o2 y2 0 0 nmos w={w_m2} l={l_m2}
M8 o2 vbp vdd vdd pmos w={w_src2} l={l_p}
* third stage
M9 out o2 0 0 nmos w={w_g3} l={l_g3}
M10 out vbp vdd vdd pmos w={w_src3} l={l_p}
* nested Miller compensation
Cm1 o1 z {c_m1}
Cm2 o2 z {c_m2}
Rm z out {r_m}
