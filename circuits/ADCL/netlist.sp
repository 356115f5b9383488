* StrongARM comparator with an SR latch: decides sign(ip - im) at each rising edge of clk; q holds it through the reset
Mt tail clk 0 0 nmos w={w_tail} l={l_tail}
* input pair
M1 xp ip tail 0 nmos w={w_in} l={l_in}
M2 xm im tail 0 nmos w={w_in} l={l_in}
* regenerative latch
M3 om op xp 0 nmos w={w_nl} l={l_lat}
M4 op om xm 0 nmos w={w_nl} l={l_lat}
M5 om op vdd vdd pmos w={w_pl} l={l_lat}
M6 op om vdd vdd pmos w={w_pl} l={l_lat}
* reset: outputs and inner nodes to vdd, outputs to each other
M7 om clk vdd vdd pmos w={w_rsto} l={l_rst}
M8 op clk vdd vdd pmos w={w_rsto} l={l_rst}
M9 xp clk vdd vdd pmos w={w_rstx} l={l_rst}
M10 xm clk vdd vdd pmos w={w_rstx} l={l_rst}
M11 op clk om vdd pmos w={w_eq} l={l_rst}
* neutralization: the gate-drain capacitance of M1 and M2 once more, to the other side
Mx1 xm ip xm 0 nmos w={w_neu} l={l_in}
Mx2 xp im xp 0 nmos w={w_neu} l={l_in}
* two inverters an output
M12 s1 om 0 0 nmos w={w_nb} l={l_dig}
M13 s1 om vdd vdd pmos w={w_pb} l={l_dig}
M14 sn s1 0 0 nmos w={w_nb} l={l_dig}
M15 sn s1 vdd vdd pmos w={w_pb} l={l_dig}
M16 r1 op 0 0 nmos w={w_nb} l={l_dig}
M17 r1 op vdd vdd pmos w={w_pb} l={l_dig}
M18 rn r1 0 0 nmos w={w_nb} l={l_dig}
M19 rn r1 vdd vdd pmos w={w_pb} l={l_dig}
* SR latch of two NAND gates, set and reset active low
M20 q sn a1 0 nmos w={w_nn} l={l_dig}
M21 a1 qb 0 0 nmos w={w_nn} l={l_dig}
M22 q sn vdd vdd pmos w={w_pn} l={l_dig}
M23 q qb vdd vdd pmos w={w_pn} l={l_dig}
M24 qb rn a2 0 nmos w={w_nn} l={l_dig}
M25 a2 q 0 0 nmos w={w_nn} l={l_dig}
M26 qb rn vdd vdd pmos w={w_pn} l={l_dig}
M27 qb q vdd vdd pmos w={w_pn} l={l_dig}
