* 1.2 V reference; load steps between 0.5 and 20 mA. Vprobe, between the output and the top of the divider, is 0 V at DC
* and breaks the main loop at AC where a low impedance drives a high one: A = -v(out)/v(sense).
* The load draws the current v(il), 1 V for 1 A. It fades below 0.2 V, as an electronic load does, so that a regulator
* that is too weak ends at ground.
Vdd vdd 0 dc {supply} ac 0
Vref ref 0 dc 1.2
Vprobe out sense dc 0 ac 1
Vload il 0 dc 20m pulse(0.5m 20m 200n 200n 200n 1.8u 10u)
Gload out 0 cur='v(il)*tanh(v(out)/0.2)'
Cload out 0 {load}
.nodeset v(out)=1.8 v(sense)=1.8 v(fb)=1.2 v(g)={supply-1.3} v(vbn)=0.95 v(vbp)={supply-1.1} v(vcp)={supply-1.4}
+ v(vcn)=1.3 v(tail)=0.2 v(d1)={supply-1.1} v(d2)={supply-1.1} v(g2)=0.95 v(e1)={supply-0.3} v(e2)={supply-0.3}
+ v(y1)=0.3 v(y2)=0.3 v(sn)=0.8
.option keepopinfo itl1=100 itl2=100 itl4=60
