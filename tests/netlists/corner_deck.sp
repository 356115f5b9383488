* amplifier with a library of its own
.lib 'models/own_lib.l' tt
.subckt amp vdd vss inp inn out vb
m1 n1 inp t vss nfast w=10u l=0.5u
m2 out inn t vss nfast w=10u l=0.5u
m3 n1 n1 vdd vdd pfast w=5u l=0.5u
m4 out n1 vdd vdd pfast w=5u l=0.5u
m5 t vb vss vss nfast w=10u l=1u
.ends
