* Unity-gain buffer around 0.6 V. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks
* it at AC: the open-loop gain is -v(out)/v(inn).
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 0.6 ac 0 pulse(0.5 0.7 12n 1n 1n 200n 1000n)
Vprobe out inn dc 0 ac 1
Cload out 0 {load}
.nodeset v(out)=0.6 v(inn)=0.6 v(vbn)=0.45 v(vbp)={supply-0.45} v(vcn)=0.45 v(vcp)={supply-0.55}
.nodeset v(tail)=0.08 v(f1)={supply-0.1} v(f2)={supply-0.1} v(o1)=0.45 v(o2)=0.45 v(z)=0.45 v(y1)=0.1 v(y2)=0.1
.option keepopinfo itl1=100 itl2=100 trtol=1
