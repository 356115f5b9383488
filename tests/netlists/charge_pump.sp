* charge pump
.subckt chargepump vdd vss up dnb iout
mu iout upb vdd1 vdd pmos w=4u l=0.18u
md iout dnb vss1 vss nmos w=2u l=0.18u
m3 vdd1 pb vdd vdd pmos w=10u l=1u
m4 vss1 nb vss vss nmos w=5u l=1u
m5 pb pb vdd vdd pmos w=10u l=1u
m6 nb nb vss vss nmos w=5u l=1u
ir pb nb 20u
mi1 upb up vdd vdd pmos w=1u l=0.18u
mi2 upb up vss vss nmos w=0.5u l=0.18u
.ends
