.title Class AB output stage
.subckt classab vdd vss in out
m1 out p vdd vdd mp W = 100u L = 1u
m2 out n vss vss mn W = 40u L = 1u
m3 p b1 n vss mn W = 10u L = 1u
m4 n b2 p vdd mp W = 20u L = 1u
m5 n in vss vss mn W = 10u L = 1u
i1 vdd p 20u
v1 b1 vss 1.6
v2 vdd b2 1.6
.ends
.model mn nmos(level=1 vto=0.7 kp=120u lambda=0.03)
.model mp pmos(level=1 vto=-0.7 kp=40u lambda=0.03)
.end
