* names as tools write them
.global vdd! gnd!
.subckt bus_amp in+ in- out<0> out<1> vb[3]
M1 out<0> in+ net#1 gnd! nfet_03v3 w=5u l=0.5u
M2 out<1> in- net#1 gnd! nfet_03v3 w=5u l=0.5u
M3 net#1 vb[3] gnd! gnd! nfet_03v3 w=5u l=1u
R1 vdd! out<0> 20k
R2 vdd! out<1> 20k
.ends
