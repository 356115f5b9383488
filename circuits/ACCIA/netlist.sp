* AC-coupled instrumentation amplifier: c_in/c_f set the gain, pseudo-resistors across c_f the high-pass corner
* Gain network, each side: input capacitor, feedback capacitor, two PMOS pseudo-resistors in series (bulk at the output side)
Ci1 sp gp {c_in*1.00125}
Ci2 sm gm {c_in*0.99875}
Cf1 gp om {c_f}
Cf2 gm op {c_f}
Mr1 gpr vgr gp om pmos w={w_pr} l={l_pr}
Mr2 om vgr gpr om pmos w={w_pr} l={l_pr}
Mr3 gmr vgr gm op pmos w={w_pr} l={l_pr}
Mr4 op vgr gmr op pmos w={w_pr} l={l_pr}
Vgr vgr 0 {0.5*supply-v_pr}
* Leakage of the gate nodes. It settles the sign of the voltage across the pseudo-resistors, whose model is not quite symmetric.
Il1 gp 0 0.1f
Il2 gm 0 0.1f
* Bias: the diode Mb1 takes i_ref, everything copies it. One PMOS unit is w_bp/l_bp with r_p at its source: m_... units a device.
* The cascode gates stand on narrow diodes.
Ib vdd vbn {i_ref}
Mb1 vbn vbn 0 0 nmos w={w_bn} l={l_bn}
Mb2 vbp vbn 0 0 nmos w={w_bn} l={l_bn}
Mb3 vcp vbn 0 0 nmos w={w_bn} l={l_bn}
Rb4 vdd sb4 {r_p}
Mb4 vbp vbp sb4 vdd pmos w={w_bp} l={l_bp}
Rb5 vdd sb5 {r_p}
Mb5 vcn vbp sb5 vdd pmos w={w_bp} l={l_bp}
Mb6 vcn vcn sb6 0 nmos w={w_bcn} l={l_bcn}
Rb6 sb6 0 {r_s}
Mb7 vcp vcp sb7 vdd pmos w={w_bcp} l={l_bcp}
Rb7 vdd sb7 {r_p}
* First stage: cascoded tail of m_tail units, pair in its own well
R0 vdd s0 {r_p/m_tail}
M0 d0 vbp s0 vdd pmos w={w_bp} l={l_bp} m={m_tail}
M0c tail vcp d0 vdd pmos w={w_tc} l={l_pc}
M1 x1 gp tail tail pmos w={w_in} l={l_in}
M2 x2 gm tail tail pmos w={w_in} l={l_in}
* Folded branches: sinks M3, M4 on the common-mode amplifier's diode, scaled so that they
* balance tail and sources; Vmis is a threshold difference of 3 sigma (Pelgrom, 8 mV um)
Vmis vcm3 vcs {0.024u/(w_ns*(0.5*m_tail+m_ps)*l_ns)**0.5}
M3 x1 vcm3 s3 0 nmos w={w_ns*(0.5*m_tail+m_ps)} l={l_ns}
R3 s3 0 {r_s/(0.5*m_tail+m_ps)}
M4 x2 vcs s4 0 nmos w={w_ns*(0.5*m_tail+m_ps)} l={l_ns}
R4 s4 0 {r_s/(0.5*m_tail+m_ps)}
M5 o1 vcn x1 0 nmos w={w_nc} l={l_nc}
M6 o2 vcn x2 0 nmos w={w_nc} l={l_nc}
M7 o1 vcp z1 vdd pmos w={w_pc} l={l_pc}
M8 o2 vcp z2 vdd pmos w={w_pc} l={l_pc}
R9 vdd s9 {r_p/m_ps}
M9 z1 vbp s9 vdd pmos w={w_bp} l={l_bp} m={m_ps}
R10 vdd s10 {r_p/m_ps}
M10 z2 vbp s10 vdd pmos w={w_bp} l={l_bp} m={m_ps}
* Second stage and compensation
M11 op o1 0 0 nmos w={w_cs} l={l_cs}
M12 om o2 0 0 nmos w={w_cs} l={l_cs}
R13 vdd s13 {r_p/m_cl}
M13 op vbp s13 vdd pmos w={w_bp} l={l_bp} m={m_cl}
R14 vdd s14 {r_p/m_cl}
M14 om vbp s14 vdd pmos w={w_bp} l={l_bp} m={m_cl}
Rz1 o1 y1 {r_z}
Cc1 y1 op {c_c}
Rz2 o2 y2 {r_z}
Cc2 y2 om {c_c}
* Common-mode feedback: mean of the outputs against vcm
Rcm1 op vs {r_cm}
Ccm1 op vs {c_cm}
Rcm2 om vs {r_cm}
Ccm2 om vs {c_cm}
R15 vdd s15 {r_p/m_cmt}
M15 ct vbp s15 vdd pmos w={w_bp} l={l_bp} m={m_cmt}
M16 vcs vsi ct vdd pmos w={w_cmi} l={l_cmi}
M17 vcd vcm ct vdd pmos w={w_cmi} l={l_cmi}
M18 vcs vcs s18 0 nmos w={0.5*m_cmt*w_ns} l={l_ns}
R18 s18 0 {2*r_s/m_cmt}
M19 vcd vcd s19 0 nmos w={0.5*m_cmt*w_ns} l={l_ns}
R19 s19 0 {2*r_s/m_cmt}
Cs vcs 0 {c_ccm}
