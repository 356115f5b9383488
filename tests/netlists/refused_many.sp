* everything wrong at once
.subckt bad vdd vss in out
M1 out in vss nmos w=1u l=1u
R1 out vdd
C1 out vss 1p 2p
Test line that nobody wrote
A1 [in] [out] thing
T1 in 0 out 0 z0=50
.func f(x) {x*x}
.csparam x=1
M2 out in vss vss sky130_fd_pr__nfet_01v8 w=wx l=1
X1 in out nosuchcell
.ends
.ends
