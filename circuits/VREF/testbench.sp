* Supply, load capacitance, and a probe in the amplifier's output wire that injects into the closed loop
Vdd vdd 0 dc {supply} ac 0 pulse(0 {supply} 10u 10u 10u 1 2)
Vprobe x xg dc 0 ac 0
Iprobe 0 xg dc 0 ac 0
Cload ref 0 {load}
.nodeset v(a)=0.6 v(b)=0.6 v(e)=0.5 v(ref)=1.2 v(vg)={supply-0.9} v(tail)=1.5 v(y)=0.65 v(x)=0.65 v(xg)=0.65 v(st)=0.01
.option keepopinfo itl1=100 itl2=100 gmin=1e-14 abstol=1e-14
