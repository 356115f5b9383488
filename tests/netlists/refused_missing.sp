* models are elsewhere
.include /home/me/tsmc/models.l
.subckt cs vdd vss in out
m1 out in vss vss nch_25 w=10u l=1u
x1 out vdd mycell
.ends
