* Unity-gain buffer around 1.0 V. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks
* it at AC: the open-loop gain is -v(out)/v(inn).
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 1.0 ac 0 pulse(0.8 1.2 12n 600p 600p 200n 1u)
Vprobe out inn dc 0 ac 1
Cload out 0 {load}
.nodeset v(out)=1.0 v(inn)=1.0 v(vbn)=0.7 v(tail)=0.3 v(d1)={supply-0.8} v(o1)={supply-0.8} v(z)={supply-0.8}
.option keepopinfo itl1=100 itl2=100 trtol=1
