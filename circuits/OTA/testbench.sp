* Unity-gain buffer. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks it at AC:
* the open-loop gain is -v(out)/v(inn). It carries the level shift between input (1.3 V) and output (1.65 V).
Vdd vdd 0 dc {supply} ac 0
Vinp inp 0 dc 1.3 ac 0 pulse(1.15 1.45 12n 600p 600p 200n 1u)
Vprobe out inn dc 0.35 ac 1
Cload out 0 {load}
.nodeset v(out)=1.65 v(inn)=1.3 v(vb0)=0.9 v(tail)=0.4 v(a1)=1.2 v(a2)=1.2 v(o1)={supply-1} v(b1)={supply-0.3} v(b2)={supply-0.3}
.option keepopinfo itl1=100 itl2=100 trtol=1
