* finfet
.subckt inv a y vdd vss
m1 y a vss vss nfet nfin=4 l=16n
m2 y a vdd vdd pfet nfin=6 l=16n
.ends
