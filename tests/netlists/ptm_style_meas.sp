* 130nm inverter chain, simple BSIM4-like cards
.include "cards130.txt"
.param vdd=1.2 wn=1u wp='2*wn'
.option list node post
vdd vdd 0 'vdd'
vin in 0 pulse(0 'vdd' 0.1n 20p 20p 1n 2n)
m1 y1 in 0 0 nmos w=wn l=0.13u
m2 y1 in vdd vdd pmos w=wp l=0.13u
m3 out y1 0 0 nmos w='4*wn' l=0.13u
m4 out y1 vdd vdd pmos w='4*wp' l=0.13u
cl out 0 20f
.tran 1p 4n
.meas tran tphl trig v(in) val='vdd/2' rise=1 targ v(out) val='vdd/2' rise=1
.meas tran pavg avg p(vdd) from=0 to=4n
.end
