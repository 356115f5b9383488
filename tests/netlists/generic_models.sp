* amplifier with placeholder models
.subckt ota vdd gnd vinp vinn vout ibias
M1 n1 vinn t gnd nmos w=10u l=0.5u
M2 vout vinp t gnd nmos w=10u l=0.5u
M3 n1 n1 vdd vdd pmos w=20u l=0.5u
M4 vout n1 vdd vdd pmos w=20u l=0.5u
M5 t ibias gnd gnd nmos_lvt w=10u l=1u
M6 ibias ibias gnd gnd nmos_lvt w=10u l=1u
.ends
