* Telescopic-cascode OTA: NMOS input pair, NMOS and PMOS cascodes, PMOS mirror load, single-ended output
* Bias: i_b into a diode-connected reference, mirrored four times into the tail
Ib vdd vb0 {i_b}
Vbn vbn 0 {v_bn}
Vbp vbp 0 {v_bp}
Mb vb0 vb0 0 0 nmos w=5u l=1u
M0 tail vb0 0 0 nmos w=20u l=1u
* input pair
M1 a1 inp tail 0 nmos w={w_in} l={l_in}
M2 a2 inn tail 0 nmos w={w_in} l={l_in}
* cascodes
M3 o1 vbn a1 0 nmos w={w_ncas} l={l_cas}
M4 out vbn a2 0 nmos w={w_ncas} l={l_cas}
M5 o1 vbp b1 vdd pmos w={w_pcas} l={l_cas}
M6 out vbp b2 vdd pmos w={w_pcas} l={l_cas}
* mirror load
M7 b1 o1 vdd vdd pmos w={w_pmir} l={l_pmir}
M8 b2 o1 vdd vdd pmos w={w_pmir} l={l_pmir}
