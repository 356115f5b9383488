* Unity-gain buffer around 2.5 V. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks
* it at AC: the open-loop gain is -v(out)/v(inn).
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 2.5 ac 0 pulse(2 3 120n 10n 10n 2000n 10000n)
Vprobe out inn dc 0 ac 1
Cload out 0 {load}
.nodeset v(out)=2.5 v(inn)=2.5 v(vbn)=1.65 v(vbp)={supply-1.65} v(vcn)=2.25 v(vcp)={supply-2.35}
.nodeset v(tail)=0.4 v(f1)={supply-0.5} v(f2)={supply-0.5} v(o1)=1.65 v(o2)=1.65 v(z)=1.65 v(y1)=0.5 v(y2)=0.5
.option keepopinfo itl1=100 itl2=100 trtol=1
