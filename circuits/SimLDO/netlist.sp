* Capless low-dropout regulator: a current-mirror OTA drives the gate of the PMOS pass device, which falls to ground in
* dropout because no follower stands between them; cascode compensation, adaptive bias
* bias: i_ref into Mbn1; Mbn2 feeds the PMOS diode Mbp1, whose copy Mbp2 feeds Mbcn; Mbn3 feeds Mbcp
Iref vdd vbn {i_ref}
Mbn1 vbn vbn 0 0 nmos w={w_bn} l={l_bn}
Mbn2 vbp vbn 0 0 nmos w={w_bn2} l={l_bn}
Mbn3 vcp vbn 0 0 nmos w={w_bn3} l={l_bn}
Mbp1 vbp vbp vdd vdd pmos w={w_bp} l={l_bp}
Mbp2 vcn vbp vdd vdd pmos w={w_bp} l={l_bp}
Mbcn vcn vcn 0 0 nmos w={w_bcn} l={l_bcn}
Mbcp vcp vcp vdd vdd pmos w={w_bcp} l={l_bcp}
* input stage: pair on diodes
M0 tail vbn 0 0 nmos w={w_tail} l={l_bn}
M1 d1 fb tail 0 nmos w={w_in} l={l_in}
M2 d2 ref tail 0 nmos w={w_in} l={l_in}
M3 d1 d1 vdd vdd pmos w={w_dl} l={l_dl}
M4 d2 d2 vdd vdd pmos w={w_dl} l={l_dl}
* left branch turns M2's current around; the output branch is m_out times as large
M6 e2 d2 vdd vdd pmos w={w_mp} l={l_dl}
M12 g2 vcp e2 vdd pmos w={w_cp} l={l_cp}
M10 g2 vcn y2 0 nmos w={w_cn} l={l_cn}
M8 y2 g2 0 0 nmos w={w_mn} l={l_mn}
M5 e1 d1 vdd vdd pmos w={w_mp} l={l_dl} m={m_out}
M11 g vcp e1 vdd pmos w={w_cp} l={l_cp} m={m_out}
M9 g vcn y1 0 nmos w={w_cn} l={l_cn} m={m_out}
M7 y1 g2 0 0 nmos w={w_mn} l={l_mn} m={m_out}
* pass device, and its scaled copy that adds to the tail current
Mpass out g vdd vdd pmos w={w_pass} l={l_pass} m={m_pass}
Msns sn g vdd vdd pmos w={w_sns} l={l_pass}
Mam1 sn sn 0 0 nmos w={w_am1} l={l_am}
Mam2 tail sn 0 0 nmos w={w_am2} l={l_am}
* feedback divider, 1.8 V to 1.2 V, on the sense line, and compensation
R1 sense fb {r_fb/3}
R2 fb 0 {2*r_fb/3}
Cff sense fb {c_ff}
Cm out zm {c_m}
Rm zm g {r_m}
Ca out y1 {c_a}
Cap out e1 {c_ap}
