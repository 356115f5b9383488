* op-amp made of cells, each in its subcircuit
.subckt bias ib nb vss
m1 ib ib vss vss nmos w=5u l=1u
r1 ib nb 1
.ends
.subckt input vdd vss inp inn o nb
m1 x inn t vss nmos w=20u l=0.5u
m2 o inp t vss nmos w=20u l=0.5u
m3 x x vdd vdd pmos w=10u l=0.5u
m4 o x vdd vdd pmos w=10u l=0.5u
m5 t nb vss vss nmos w=5u l=1u m=2
.ends
.subckt output vdd vss i o nb
m1 o i vdd vdd pmos w=40u l=0.35u
m2 o nb vss vss nmos w=20u l=1u
cc o i 1p
.ends
.subckt opamp vdd vss inp inn out ib
xb ib nb vss bias
xi vdd vss inp inn d nb input
xo vdd vss d out nb output
.ends
