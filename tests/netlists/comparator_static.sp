* static comparator with hysteresis
.subckt comp_hyst vdd gnd plus minus out vbn
m1 a plus t gnd nfet_03v3 w=10u l=0.5u
m2 b minus t gnd nfet_03v3 w=10u l=0.5u
m3 a a vdd vdd pfet_03v3 w=4u l=0.5u
m4 b b vdd vdd pfet_03v3 w=4u l=0.5u
m5 b a vdd vdd pfet_03v3 w=6u l=0.5u
m6 a b vdd vdd pfet_03v3 w=6u l=0.5u
m7 c a vdd vdd pfet_03v3 w=4u l=0.5u
m8 out b vdd vdd pfet_03v3 w=4u l=0.5u
m9 c c gnd gnd nfet_03v3 w=2u l=0.5u
m10 out c gnd gnd nfet_03v3 w=2u l=0.5u
m0 t vbn gnd gnd nfet_03v3 w=8u l=1u
.ends
