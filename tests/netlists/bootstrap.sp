* bootstrapped sampling switch
.subckt boot vdd vss clk clkb in out
m1 out g in vss nmos_vtl w=10u l=0.05u
m2 g clkb vss vss nmos_vtl w=2u l=0.05u
m3 b clk in vss nmos_vtl w=5u l=0.05u
m4 b clkb vss vss nmos_vtl w=5u l=0.05u
m5 t g vdd vdd pmos_vtl w=5u l=0.05u
m6 g clk t t pmos_vtl w=5u l=0.05u
cb t b 500f
cs out vss 200f
.ends
