* SAR converter front end: bootstrapped sampling onto a binary-weighted capacitor array, preamplifier, StrongARM comparator
* Bootstrapped switch: c_b is charged to the supply in hold and stands between gate and source of MS in track
.subckt bootstrap in out track hold vdd g
MS out g in 0 nmos w={w_sw} l={l_sw}
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
* clock inverter, twice the output inverters: hold is the complement of track
M10 hold track 0 0 nmos w={2*w_ib_n} l={l_dig}
M11 hold track vdd vdd pmos w={2*w_ib_p} l={l_dig}
Xp ip hp track hold vdd gp bootstrap
Xm im hm track hold vdd gm bootstrap
* capacitor array of each side, 512 c_u: its MSB half is split, a quarter switches up or down, the rest stays at ground
M12 bp tp 0 0 nmos w={w_dn} l={l_dig}
M13 bp tp vdd vdd pmos w={w_dp} l={l_dig}
M14 bm tm 0 0 nmos w={w_dn} l={l_dig}
M15 bm tm vdd vdd pmos w={w_dp} l={l_dig}
Cmp hp bp {128*c_u}
Cmm hm bm {128*c_u}
Clp hp 0 {384*c_u}
Clm hm 0 {384*c_u}
* preamplifier: NMOS pair with resistor loads, tail mirrored 4:1 from the bias current
Ib vdd vb {i_b}
M16 vb vb 0 0 nmos w={w_pat/4} l={l_pat}
M17 pt vb 0 0 nmos w={w_pat} l={l_pat}
M18 am hp pt 0 nmos w={w_pa} l={l_pa}
M19 ap hm pt 0 nmos w={w_pa} l={l_pa}
Rlm vdd am {r_pa}
Rlp vdd ap {r_pa}
* StrongARM comparator: precharged while clk is low, decides on its rising edge; M31, M32 neutralize its kickback
M20 tail clk 0 0 nmos w={w_tail} l={l_lat}
M21 xp ap tail 0 nmos w={w_in} l={l_in}
M22 xm am tail 0 nmos w={w_in} l={l_in}
M23 om op xp 0 nmos w={w_nl} l={l_lat}
M24 op om xm 0 nmos w={w_nl} l={l_lat}
M25 om op vdd vdd pmos w={w_pl} l={l_lat}
M26 op om vdd vdd pmos w={w_pl} l={l_lat}
M27 om clk vdd vdd pmos w={w_rsto} l={l_rst}
M28 op clk vdd vdd pmos w={w_rsto} l={l_rst}
M29 xp clk vdd vdd pmos w={w_rstx} l={l_rst}
M30 xm clk vdd vdd pmos w={w_rstx} l={l_rst}
M31 xm ap xm 0 nmos w={w_neu} l={l_in}
M32 xp am xp 0 nmos w={w_neu} l={l_in}
* output inverters
M33 qp om 0 0 nmos w={w_ib_n} l={l_dig}
M34 qp om vdd vdd pmos w={w_ib_p} l={l_dig}
M35 qm op 0 0 nmos w={w_ib_n} l={l_dig}
M36 qm op vdd vdd pmos w={w_ib_p} l={l_dig}
