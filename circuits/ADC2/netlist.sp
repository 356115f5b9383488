* One channel's front end: bootstrapped track-and-hold on both sides, StrongARM comparator, output inverters
* Bootstrapped switch: c_b is charged to the supply in hold and stands between gate and source of MS in track
.subckt bootstrap in out track hold vdd g
MS out g in 0 nmos w={w_sw} l={l_sw}
MD out hold out 0 nmos w={w_dum} l={l_sw}
M1 b hold 0 0 nmos w={w_bch} l={l_dig}
M2 t g vdd t pmos w={w_bch} l={l_dig}
M3 g x t t pmos w={w_bp} l={l_dig}
M4 b g in 0 nmos w={w_bn} l={l_dig}
M5 g vdd y 0 nmos w={w_bn} l={l_dig}
M6 y hold 0 0 nmos w={w_bn} l={l_dig}
M7 x track vdd vdd pmos w={w_bp} l={l_dig}
M8 x track b 0 nmos w={w_bn} l={l_dig}
M9 x g b 0 nmos w={w_bn} l={l_dig}
Cb t b {c_b}
.ends
* clock inverter: hold is the complement of track
M10 hold track 0 0 nmos w={w_ck_n} l={l_dig}
M11 hold track vdd vdd pmos w={w_ck_p} l={l_dig}
Xp ip hp track hold vdd gp bootstrap
Xm im hm track hold vdd gm bootstrap
Csp hp 0 {c_s}
Csm hm 0 {c_s}
* StrongARM comparator: precharged while clk is low, decides on its rising edge
M12 tail clk 0 0 nmos w={w_tail} l={l_tail}
M13 xp hp tail 0 nmos w={w_in} l={l_in}
M14 xm hm tail 0 nmos w={w_in} l={l_in}
M15 om op xp 0 nmos w={w_nl} l={l_lat}
M16 op om xm 0 nmos w={w_nl} l={l_lat}
M17 om op vdd vdd pmos w={w_pl} l={l_lat}
M18 op om vdd vdd pmos w={w_pl} l={l_lat}
M19 om clk vdd vdd pmos w={w_rsto} l={l_rst}
M20 op clk vdd vdd pmos w={w_rsto} l={l_rst}
M21 xp clk vdd vdd pmos w={w_rstx} l={l_rst}
M22 xm clk vdd vdd pmos w={w_rstx} l={l_rst}
M23 op clk om vdd pmos w={w_eq} l={l_rst}
* output inverters
M24 qp om 0 0 nmos w={w_ib_n} l={l_dig}
M25 qp om vdd vdd pmos w={w_ib_p} l={l_dig}
M26 qm op 0 0 nmos w={w_ib_n} l={l_dig}
M27 qm op vdd vdd pmos w={w_ib_p} l={l_dig}
