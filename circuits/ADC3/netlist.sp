* Front end of an 8-bit converter at 100 MS/s: transmission-gate samplers with dummy switches, double-tail comparator.
* cks high tracks, low holds; clk high compares. cksb and clkb come from inverters.
Mk1 cksb cks 0 0 nmos w={w_ckn} l={l_dig}
Mk2 cksb cks vdd vdd pmos w={w_ckp} l={l_dig}
Mk3 clkb clk 0 0 nmos w={w_ckn} l={l_dig}
Mk4 clkb clk vdd vdd pmos w={w_ckp} l={l_dig}
* transmission gates
Ms1 hp cks ip 0 nmos_lvt w={w_swn} l={l_sw}
Ms2 hp cksb ip vdd pmos w={w_swp} l={l_sw}
Ms3 hm cks im 0 nmos_lvt w={w_swn} l={l_sw}
Ms4 hm cksb im vdd pmos w={w_swp} l={l_sw}
* dummy switches take up the charge that the gates give off
Md1 hp cksb hp 0 nmos_lvt w={k_dum*w_swn} l={l_sw}
Md2 hp cks hp vdd pmos w={k_dum*w_swp} l={l_sw}
Md3 hm cksb hm 0 nmos_lvt w={k_dum*w_swn} l={l_sw}
Md4 hm cks hm vdd pmos w={k_dum*w_swp} l={l_sw}
Csp hp 0 {c_s}
Csm hm 0 {c_s}
* first stage: integrates the difference on c_f, which the precharge devices fill in reset
Mt1 tail clk 0 0 nmos w={w_t1} l={l_t1}
M1 fp hp tail 0 nmos w={w_in} l={l_in}
M2 fm hm tail 0 nmos w={w_in} l={l_in}
M3 fp clk vdd vdd pmos w={w_pre} l={l_pre}
M4 fm clk vdd vdd pmos w={w_pre} l={l_pre}
Cfp fp 0 {c_f}
Cfm fm 0 {c_f}
* second stage: latch under a tail of its own, held at ground by M5, M6 until fp and fm fall
Mt2 head clkb vdd vdd pmos w={w_t2} l={l_t2}
M5 op fp 0 0 nmos w={w_cpl} l={l_cpl}
M6 om fm 0 0 nmos w={w_cpl} l={l_cpl}
M7 op om 0 0 nmos w={w_ln} l={l_lat}
M8 om op 0 0 nmos w={w_ln} l={l_lat}
M9 op om head vdd pmos w={w_lp} l={l_lat}
M10 om op head vdd pmos w={w_lp} l={l_lat}
* outputs, both high in reset
M11 qm op 0 0 nmos w={w_on} l={l_dig}
M12 qm op vdd vdd pmos w={w_op} l={l_dig}
M13 qp om 0 0 nmos w={w_on} l={l_dig}
M14 qp om vdd vdd pmos w={w_op} l={l_dig}
