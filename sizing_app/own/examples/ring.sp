ring of three inverters
.include "cards.lib"
.param wn=2u wp=5u
.subckt inv a y vdd
mn y a 0 0 nch w=wn l=0.5u
mp y a vdd vdd pch w=wp l=0.5u
.ends
Vdd vdd 0 1.8
x1 a b vdd inv
x2 b c vdd inv
x3 c a vdd inv
C1 a 0 20f
C2 b 0 20f
C3 c 0 20f
.ic v(a)=0
.tran 5p 20n uic
.meas tran period trig v(a) val=0.9 rise=4 targ v(a) val=0.9 rise=5
.meas tran current avg i(vdd) from=5n to=20n
.meas tran power param='-1.8*current'
.end
