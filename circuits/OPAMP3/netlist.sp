* Folded-cascode operational amplifier: NMOS pair, cascoded NMOS mirror, NMOS common-source second stage, Miller compensation
* Bias: r_b sets the current of Mb1; Mb2 and Mb3 copy it into the diodes that make vbp and vcp, Mb5 into the one of vcn
Rb vdd vbn {r_b}
Mb1 vbn vbn 0 0 nmos w={w_bn} l={l_n}
Mb2 vbp vbn 0 0 nmos w={w_bn} l={l_n}
Mb3 vcp vbn 0 0 nmos w={w_bn} l={l_n}
Mb4 vbp vbp vdd vdd pmos w={w_psrc/2} l={l_p}
Mb5 vcn vbp vdd vdd pmos w={w_psrc/2} l={l_p}
Mb6 vcp vcp vdd vdd pmos w={w_bcp} l={l_p}
Mb7 vcn vcn 0 0 nmos w={w_bcn} l={l_n}
* input pair and tail
M0 tail vbn 0 0 nmos w={w_tail} l={l_n}
M1 f1 inn tail 0 nmos w={w_in} l={l_in}
M2 f2 inp tail 0 nmos w={w_in} l={l_in}
* folding: PMOS current sources and cascodes
M3 f1 vbp vdd vdd pmos w={w_psrc} l={l_p}
M4 f2 vbp vdd vdd pmos w={w_psrc} l={l_p}
M5 o1 vcp f1 vdd pmos w={w_pcas} l={l_cas}
M6 o2 vcp f2 vdd pmos w={w_pcas} l={l_cas}
* cascoded mirror, its gates at the drain of M7
M7 o1 vcn y1 0 nmos w={w_ncas} l={l_cas}
M8 o2 vcn y2 0 nmos w={w_ncas} l={l_cas}
M9 y1 o1 0 0 nmos w={w_nmir} l={l_n}
M10 y2 o1 0 0 nmos w={w_nmir} l={l_n}
* second stage and compensation
M11 out o2 0 0 nmos w={w_cs} l={l_cs}
M12 out vbp vdd vdd pmos w={w_src2} l={l_p}
Rz o2 z {r_z}
Cc z out {c_c}
