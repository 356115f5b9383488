* cross-coupled LC oscillator
.subckt lcvco vdd vss outp outn vtune
l1 vdd outp 1n
l2 vdd outn 1n
k1 l1 l2 0.6
m1 outp outn t vss nch w=40u l=0.18u
m2 outn outp t vss nch w=40u l=0.18u
c1 outp vtune 400f
c2 outn vtune 400f
it t vss 4m
.ends
.model nch nmos level=1 vto=0.45 kp=300u lambda=0.1
