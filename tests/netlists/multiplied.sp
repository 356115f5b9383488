* copies of a subcircuit by m
.subckt unit d g s b
m1 d g s b nfet_03v3 w=5u l=1u
.ends
.subckt mirror iin iout vss
x1 iin iin vss vss unit
x2 iout iin vss vss unit m=8
.ends
