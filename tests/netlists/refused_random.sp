* random numbers
.param vt=agauss(0.5,0.01,3)
.subckt cs vdd vss in out
m1 out in vss vss nm w=10u l=1u
r1 vdd out 10k
.ends
.model nm nmos level=1 vto='vt' kp=100u
