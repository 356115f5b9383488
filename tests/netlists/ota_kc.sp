* current-mirror OTA with cards inside the subcircuit
.subckt otacm vdd vss vinp vinn vo
.model nin nmos level=1 vto=0.5 kp=200u lambda=0.05
.model pin pmos level=1 vto=-0.5 kp=60u lambda=0.05
.param w1=20u
m1 a vinp t vss nin w={w1} l=1u
m2 b vinn t vss nin w={w1} l=1u
m3 a a vdd vdd pin w=10u l=1u
m4 b b vdd vdd pin w=10u l=1u
m5 c a vdd vdd pin w=30u l=1u
m6 vo b vdd vdd pin w=30u l=1u
m7 c c vss vss nin w=10u l=1u
m8 vo c vss vss nin w=10u l=1u
i1 t vss 20u
.ends
