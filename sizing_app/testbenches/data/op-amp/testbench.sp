* Unity-gain buffer. Vprobe closes the loop at DC, so that every design finds an operating point, and breaks it at AC:
* the open-loop gain is -v(out)/v(in-). It carries the level shift between input and output. Vrange sweeps the input in
* units of the supply.
Vsupply <supply> 0 dc {supply} ac 0
Vinput <in+> tb_swept dc {<common_mode>} ac 0 pulse({<common_mode>-<step>/2} {<common_mode>+<step>/2} <half/16> <half/300> <half/300> <half*299/300> <half*4>)
Vrange tb_range 0 dc 0
Erange tb_swept 0 tb_range 0 {supply}
Vprobe <out> <in-> dc {<output>-<common_mode>} ac 1
Cload <out> 0 {load}
.nodeset v(<out>)={<output>} v(<in->)={<common_mode>}
.option keepopinfo itl1=200 itl2=200 trtol=1
