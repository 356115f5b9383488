* regulator with an ideal error amplifier
.subckt regulator vin vout vref gnd
mp vout g vin vin pmos w=2000u l=0.5u
e1 g gnd fb vref 500
r1 vout fb 50k
r2 fb gnd 100k
cout vout gnd 1u
.ends
.model pmos pmos level=1 vto=-0.5 kp=60u lambda=0.05
