* Differential unity-gain buffer: the inputs stand around ci = 0.6 V, half the error each. Vprobe closes the loop at DC,
* so that every design finds an operating point, and breaks it at AC: the open-loop gain is -v(diff)/v(fb). Vcmp and
* Icmp inject into the closed common-mode loop.
Vdd vdd 0 dc {supply} ac 0
Vcm vcm 0 dc {supply/2}
Vci ci 0 dc 0.6 ac 0
Vsig sig 0 dc 0 ac 0 pulse(-0.4 0.4 20n 1n 1n 399n 2u)
Ed diff 0 op om 1
Vprobe diff fb dc 0 ac 1
Ee err 0 sig fb 1
Ep inp ci err 0 0.5
En inn ci err 0 -0.5
Emid mid om op om 0.5
Vcmp vcr vcf dc 0 ac 0
Icmp 0 vcf dc 0 ac 0
Clp op 0 {load}
Clm om 0 {load}
.nodeset v(op)={supply/2} v(om)={supply/2} v(diff)=0 v(fb)=0 v(vbn)=0.7 v(vbp)={supply-1} v(vcp)={supply-1.3} v(vcn)=0.9
.nodeset v(tail)=1.2 v(x1)=0.2 v(x2)=0.2 v(z1)={supply-0.25} v(z2)={supply-0.25} v(t1)=0.35 v(t2)=0.35
.nodeset v(vcr)={supply-1} v(vcf)={supply-1} v(vcs)={supply-1} v(inp)=0.6 v(inn)=0.6 v(g1)=0.6 v(g3)=0.7
.option keepopinfo itl1=100 itl2=100 trtol=1
