* Differential unity-gain buffer: the inputs stand around a common mode, half the error each. Vprobe closes the loop at DC,
* so that every design finds an operating point, and breaks it at AC: the open-loop gain is -v(tb_diff)/v(tb_fb).
* Vrange sweeps the input in units of the supply.
Vsupply <supply> 0 dc {supply} ac 0
Vci tb_ci 0 dc {<common_mode>} ac 0
Vrange tb_range 0 dc 0
Erange tb_swept 0 tb_range 0 {supply}
Vsig tb_sig tb_swept dc 0 ac 0 pulse({-<step>/2} {<step>/2} <half/20> <half/400> <half/400> <half*399/400> <half*5>)
Ed tb_diff 0 <out+> <out-> 1
Vprobe tb_diff tb_fb dc 0 ac 1
Ee tb_err 0 tb_sig tb_fb 1
Ep <in+> tb_ci tb_err 0 0.5
En <in-> tb_ci tb_err 0 -0.5
Emid tb_mid <out-> <out+> <out-> 0.5
Cloadp <out+> 0 {load}
Cloadm <out-> 0 {load}
?common mode: Vcm <common mode> 0 dc {<output>}
* ideal common-mode feedback where the circuit leaves that open: the control port follows the error of the outputs' middle
?common-mode control: Vcmtarget tb_cmt 0 dc {<output>}
?common-mode control: Vcmbias tb_cmb 0 dc {<control_bias>}
?common-mode control: Ecmfb <common-mode control> tb_cmb tb_mid tb_cmt <control_gain>
.nodeset v(<out+>)={<output>} v(<out->)={<output>} v(<in+>)={<common_mode>} v(<in->)={<common_mode>} v(tb_diff)=0
.option keepopinfo itl1=200 itl2=200 trtol=1
