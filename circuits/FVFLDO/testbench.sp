* 1.2 V reference; load steps between 0.1 and 10 mA. Vprobe, between the output and the top of the divider, is 0 V at DC
* and breaks the slow loop at AC where a low impedance drives a high one: A = -v(out)/v(sense). Vfast and Ifast inject
* into the closed loop at the pass device's gate, where both loops meet.
* The load draws the current v(il), 1 V for 1 A. It fades below 0.2 V, as an electronic load does, so that a regulator
* that is too weak ends at ground.
Vdd vdd 0 dc {supply} ac 0
Vref ref 0 dc 1.2
Vprobe out sense dc 0 ac 0
Vfast g gp dc 0 ac 1
Ifast 0 gp dc 0 ac 0
Vload il 0 dc 10m pulse(0.1m 10m 500n 200n 200n 3.8u 20u)
Gload out 0 cur='v(il)*tanh(v(out)/0.2)'
Cload out 0 {load}
.nodeset v(out)=3.3 v(sense)=3.3 v(fb)=1.2 v(g)={supply-1.4} v(gp)={supply-1.4} v(vbn)=0.9 v(vbp)={supply-1.1}
+ v(vcn)=1.3 v(x)=0.3 v(vc)=2.2 v(tail)=0.3 v(d)={supply-1.1}
.option keepopinfo itl1=100 itl2=100 itl4=60
