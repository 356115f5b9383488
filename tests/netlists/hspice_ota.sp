*** HSPICE symmetrical OTA ***
.option post=2 accurate
.prot
.param wd='12u' ld=0.36u
+      k=3
.unprot
.global vdd! gnd!
.temp 27
.subckt symota inp inn out ib
m1 a inp t gnd! nch w='wd' l='ld'
m2 b inn t gnd! nch w='wd' l='ld'
m3 a a vdd! vdd! pch w='2*wd' l='ld' m=1
m4 b b vdd! vdd! pch w='2*wd' l='ld' m=1
m5 c a vdd! vdd! pch w='2*wd' l='ld' m='k'
m6 out b vdd! vdd! pch w='2*wd' l='ld' m='k'
m7 c c gnd! gnd! nch w=5u l=1u $ mirror
m8 out c gnd! gnd! nch w=5u l=1u
m9 t ib gnd! gnd! nch w=5u l=1u m=2
m10 ib ib gnd! gnd! nch w=5u l=1u
.ends symota
.model nch nmos level=1 vto=0.45 kp=250u lambda=0.1
.model pch pmos level=1 vto=-0.45 kp=80u lambda=0.12
vvdd vdd! 0 dc=1.8
vp ip 0 dc=0.9 ac=1
vn in 0 0.9
ii vdd! ib 10u
x1 ip in o ib symota
cl o 0 1p
.ac dec 10 1 1g
.meas ac ugf when vdb(o)=0
.print ac vdb(o)
.alter
.temp 85
.end
