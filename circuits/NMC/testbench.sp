* Unity-gain buffer around 0.6 V. Vprobe closes the loop at DC, so that every design finds an operating point, and
* breaks it at AC: the open-loop gain is -v(out)/v(inn). Vinner and Iinner inject into the closed loops at the second
* stage's gate.
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 0.6 ac 0 pulse(0.5 0.7 100n 5n 5n 1495n 9u)
Vprobe out inn dc 0 ac 1
Vinner o1 g2 dc 0 ac 0
Iinner 0 g2 dc 0 ac 0
Cload out 0 {load}
.nodeset v(out)=0.6 v(inn)=0.6 v(vbn)=0.47 v(vbp)={supply-0.45} v(tail)=0.12 v(d1)={supply-0.45} v(o1)={supply-0.45}
.nodeset v(y2)=0.45 v(o2)=0.45 v(g2)={supply-0.45} v(z)=0.6
.option keepopinfo itl1=100 itl2=100 trtol=1
