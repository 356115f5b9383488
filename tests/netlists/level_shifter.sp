* level shifter
.subckt ls vddl vddh vss in q
m1 inb in vddl vddl mp w=1u l=0.5u
m2 inb in vss vss mn w=0.5u l=0.5u
m3 qb in vss vss mn w=4u l=0.5u
m4 q inb vss vss mn w=4u l=0.5u
m5 qb q vddh vddh mp w=1u l=0.5u
m6 q qb vddh vddh mp w=1u l=0.5u
.ends
.model mn nmos level=1 vto=0.5 kp=200u
.model mp pmos level=1 vto=-0.5 kp=70u
