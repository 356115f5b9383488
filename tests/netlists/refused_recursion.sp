* holds itself
.subckt s a b
R1 a b 1k
X1 a b s
.ends
X1 1 0 s
V1 1 0 1
