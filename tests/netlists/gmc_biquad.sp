* gm-C biquad filter of one transconductor
.subckt gm ip im o gmval=100u
g1 0 o ip im {gmval}
ro o 0 10meg
.ends
.subckt biquad_filter vin bp lp
x1 vin lp bp gm gmval=100u
x2 bp 0 lp gm gmval=100u
x3 0 bp bp gm gmval=141u
c1 bp 0 10p
c2 lp 0 10p
.ends
