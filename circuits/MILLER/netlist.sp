* Two-stage Miller operational amplifier: NMOS input pair with PMOS mirror load, PMOS common-source second stage
* Bias: r_b sets the current of the NMOS diode Mb, which the tail and the second stage's sink copy
Rb vdd vbn {r_b}
Mb vbn vbn 0 0 nmos w={w_bias} l={l_bias}
M5 tail vbn 0 0 nmos w={w_tail} l={l_bias}
* first stage
M1 d1 inn tail 0 nmos w={w_in} l={l_in}
M2 o1 inp tail 0 nmos w={w_in} l={l_in}
M3 d1 d1 vdd vdd pmos w={w_load} l={l_load}
M4 o1 d1 vdd vdd pmos w={w_load} l={l_load}
* second stage and compensation
M6 out o1 vdd vdd pmos w={w_cs} l={l_cs}
M7 out vbn 0 0 nmos w={w_sink} l={l_bias}
Rz o1 z {r_z}
Cc z out {c_c}
