* subcircuits with parameters through two levels
.param lmin=0.18u wbase=2u
.subckt diffpair d1 d2 g1 g2 s b params: w=1u l=lmin
m1 d1 g1 s b n18 w=w l=l
m2 d2 g2 s b n18 w=w l=l
.ends
.subckt pmirror in out vdd w=4u l='2*lmin'
m1 in in vdd vdd p18 w='w' l='l'
m2 out in vdd vdd p18 w='w' l='l'
.ends
.subckt stage vdd gnd inp inn out ib wp='2*wbase'
xd n1 out inp inn t gnd diffpair w='4*wbase'
xm n1 out vdd pmirror w=wp
m0 t ib gnd gnd n18 w=wbase l=1u m=4
m9 ib ib gnd gnd n18 w=wbase l=1u
.ends
.model n18 nmos (level=1 vto=0.4 kp=300u lambda=0.1)
.model p18 pmos (level=1 vto=-0.4 kp=70u lambda=0.1)
