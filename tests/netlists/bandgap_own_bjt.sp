* bandgap reference with cards of its own
.subckt bandgap vdd vss vbg
q1 vss vss e1 qvp 1
q2 vss vss e2 qvp 8
r1 x e2 5.4k
r2 vbg x2 50k
r3 vbg x 50k
r4 x2 e1 1
m1 g x2 t vss nm w=20u l=2u
m2 o x t vss nm w=20u l=2u
m3 g g vdd vdd pm w=10u l=2u
m4 o g vdd vdd pm w=10u l=2u
m5 vbg o vdd vdd pm w=20u l=2u
mt t nb vss vss nm w=10u l=2u
mb nb nb vss vss nm w=10u l=2u
rb vdd nb 300k
.ends
.model qvp pnp (is=2e-17 bf=5 vaf=100)
.model nm nmos level=1 vto=0.5 kp=200u lambda=0.05
.model pm pmos level=1 vto=-0.5 kp=60u lambda=0.06
