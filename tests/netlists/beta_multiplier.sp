* constant-gm current reference
.subckt iref vdd vss iout
m1 a a vss vss nfet_03v3 w=10u l=2u
m2 b a s vss nfet_03v3 w=10u l=2u m=4
m3 a b vdd vdd pfet_03v3 w=20u l=2u
m4 b b vdd vdd pfet_03v3 w=20u l=2u
m5 iout b vdd vdd pfet_03v3 w=20u l=2u
r1 s vss 6k
ms1 st vdd vss vss nfet_03v3 w=1u l=20u
ms2 st a vdd vdd pfet_03v3 w=1u l=10u
.ends
