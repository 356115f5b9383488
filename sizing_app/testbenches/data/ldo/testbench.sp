* Regulator. With a feedback port, Vprobe between the output, or the share of it that a divider outside makes, and the
* port is 0 V at DC and breaks the loop at AC where a low impedance drives a high one: A = -v(share)/v(feedback). The load draws the current v(tb_il), 1 V for 1 A; it fades below
* 0.2 V, as an electronic load does, so that a regulator that is too weak ends at ground.
Vsupply <supply> 0 dc {supply} ac 0
?reference: Vreference <reference> 0 dc {<reference_voltage>}
?feedback: !divider: Vtap <out> tb_share dc 0
?feedback: ?divider: Eshare tb_share 0 <out> 0 {<divider>}
?feedback: Vprobe tb_share <feedback> dc 0 ac 1
Viload tb_il 0 dc {<i_full>} pulse({<i_light>} {<i_full>} <edge> <edge> <edge> <half-edge> <half*6>)
Giload <out> 0 cur='v(tb_il)*tanh(v(<out>)/0.2)'
Cload <out> 0 {load}
.nodeset v(<out>)={<output>}
?reference: .nodeset v(<reference>)={<reference_voltage>}
?feedback: !divider: .nodeset v(<feedback>)={<output>}
?feedback: ?divider: .nodeset v(<feedback>)={<output>*<divider>}
.option keepopinfo itl1=200 itl2=200 itl4=60
