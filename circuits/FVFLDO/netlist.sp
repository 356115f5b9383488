* Capless low-dropout regulator around a folded flipped voltage follower: Mc senses the output at its source, the
* common-gate Mg drives the pass device's gate; a slow amplifier sets Mc's gate
* bias: i_ref into Mb1; copies make vbp and vcn
Ib vdd vbn {i_ref}
Mb1 vbn vbn 0 0 nmos w={w_bn} l={l_bn}
Mb2 vbp vbn 0 0 nmos w={w_bn} l={l_bn}
Mb3 vbp vbp vdd vdd pmos w={w_bp} l={l_bp}
Mb4 vcn vbp vdd vdd pmos w={w_bp} l={l_bp}
Mb5 vcn vcn 0 0 nmos w={w_bcn} l={l_bn}
* fast loop: pass device, control transistor in its own well, sink, common gate and its current source
Mpass out gp vdd vdd pmos w={w_pass} l={l_pass} m={m_pass}
Mc x vc out out pmos w={w_c} l={l_c}
M1 x vbn 0 0 nmos w={w_sink} l={l_bn}
Mg g vcn x 0 nmos w={w_g} l={l_g}
M2 g vbp vdd vdd pmos w={w_src} l={l_bp}
Ca out x {c_a}
Cm out g {c_m}
* slow loop: amplifier, compensated at Mc's gate, and feedback divider, 3.3 V to 1.2 V
M3 tail vbn 0 0 nmos w={w_tail} l={l_bn}
M4 d ref tail 0 nmos w={w_in} l={l_in}
M5 vc fb tail 0 nmos w={w_in} l={l_in}
M6 d d vdd vdd pmos w={w_ld} l={l_ld}
M7 vc d vdd vdd pmos w={w_ld} l={l_ld}
Cc vc 0 {c_c}
R1 sense fb {7*r_fb/11}
R2 fb 0 {4*r_fb/11}
Cff sense fb {c_ff}
