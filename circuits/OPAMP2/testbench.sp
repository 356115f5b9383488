* Unity-gain buffer around 1.65 V. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks
* it at AC: the open-loop gain is -v(out)/v(inn).
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 1.65 ac 0 pulse(1.35 1.95 60n 5n 5n 1000n 5000n)
Vprobe out inn dc 0 ac 1
Cload out 0 {load}
.nodeset v(out)=1.65 v(inn)=1.65 v(vbn)=1.14 v(vbp)={supply-1.14} v(vcn)=1.485 v(vcp)={supply-1.585}
.nodeset v(tail)=0.264 v(f1)={supply-0.33} v(f2)={supply-0.33} v(o1)=1.14 v(o2)=1.14 v(z)=1.14 v(y1)=0.33 v(y2)=0.33
.option keepopinfo itl1=100 itl2=100 trtol=1
