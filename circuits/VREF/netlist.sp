* Voltage reference after Banba: MOS diodes in weak inversion in place of bipolar transistors. The amplifier holds a and
* b equal, so that each of M3 to M5 carries n Ut ln(m_d)/r_p, which rises with temperature, plus v(a)/r_c, which falls.
M1 a a 0 0 nmos w={w_d} l={l_d}
R1 a 0 {r_c}
R0 b e {r_p}
M2 e e 0 0 nmos w={w_d} l={l_d} m={m_d}
R2 b 0 {r_c}
M3 a vg vdd vdd pmos w={w_p} l={l_p}
M4 b vg vdd vdd pmos w={w_p} l={l_p}
M5 ref vg vdd vdd pmos w={w_p} l={l_p}
R3 ref 0 {r_o}
* amplifier: PMOS pair with its tail on the same bias, mirror, and M11 that drives the diode M12
M6 tail vg vdd vdd pmos w={w_t} l={l_p}
M7 y a tail vdd pmos w={w_in} l={l_in}
M8 x b tail vdd pmos w={w_in} l={l_in}
M9 y y 0 0 nmos w={w_m} l={l_m}
M10 x y 0 0 nmos w={w_m} l={l_m}
M11 vg xg 0 0 nmos w={w_dr} l={l_m}
M12 vg vg vdd vdd pmos w={w_p} l={l_p}
Cc x 0 {c_c}
* start-up: M15 lifts the driver's gate until ref has come up and M14 turns it off
M13 st 0 vdd vdd pmos w=0.5u l={l_su}
M14 st ref 0 0 nmos w=5u l={l_m}
M15 vdd st x 0 nmos w={w_su} l={l_m}
