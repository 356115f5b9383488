* ten to the seventh
.subckt s0 a b
X0 a b s1
X1 a b s1
X2 a b s1
X3 a b s1
X4 a b s1
X5 a b s1
X6 a b s1
X7 a b s1
X8 a b s1
X9 a b s1
.ends
.subckt s1 a b
X0 a b s2
X1 a b s2
X2 a b s2
X3 a b s2
X4 a b s2
X5 a b s2
X6 a b s2
X7 a b s2
X8 a b s2
X9 a b s2
.ends
.subckt s2 a b
X0 a b s3
X1 a b s3
X2 a b s3
X3 a b s3
X4 a b s3
X5 a b s3
X6 a b s3
X7 a b s3
X8 a b s3
X9 a b s3
.ends
.subckt s3 a b
X0 a b s4
X1 a b s4
X2 a b s4
X3 a b s4
X4 a b s4
X5 a b s4
X6 a b s4
X7 a b s4
X8 a b s4
X9 a b s4
.ends
.subckt s4 a b
X0 a b s5
X1 a b s5
X2 a b s5
X3 a b s5
X4 a b s5
X5 a b s5
X6 a b s5
X7 a b s5
X8 a b s5
X9 a b s5
.ends
.subckt s5 a b
X0 a b s6
X1 a b s6
X2 a b s6
X3 a b s6
X4 a b s6
X5 a b s6
X6 a b s6
X7 a b s6
X8 a b s6
X9 a b s6
.ends
.subckt s6 a b
X0 a b s7
X1 a b s7
X2 a b s7
X3 a b s7
X4 a b s7
X5 a b s7
X6 a b s7
X7 a b s7
X8 a b s7
X9 a b s7
.ends
.subckt s7 a b
R1 a b 1k
.ends
