* Unity-gain buffer around 1 V. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks
* it at AC: the open-loop gain is -v(out)/v(inn).
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 1 ac 0 pulse(0.8 1.2 30n 2.5n 2.5n 500n 2500n)
Vprobe out inn dc 0 ac 1
Cload out 0 {load}
.nodeset v(out)=1 v(inn)=1 v(vbn)=0.69 v(vbp)={supply-0.69} v(vcn)=0.81 v(vcp)={supply-0.91}
.nodeset v(tail)=0.144 v(f1)={supply-0.18} v(f2)={supply-0.18} v(o1)=0.69 v(o2)=0.69 v(z)=0.69 v(y1)=0.18 v(y2)=0.18
.option keepopinfo itl1=100 itl2=100 trtol=1
