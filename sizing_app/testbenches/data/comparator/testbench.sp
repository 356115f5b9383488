* Comparator. Its decision stands at tb_decision: the difference of two outputs, or one output less half the supply.
* Without a clock the input passes the common mode slowly (DC) and by a step. With a clock of <period>, edges at
* 0.1, 1.1 and 2.1 periods decide on +10, -1 and +1 times the overdrive; the input changes half a period before.
Vsupply <supply> 0 dc {supply}
?clock: Vclock <clock> 0 pulse(0 {supply} <period*0.09> <period*0.02> <period*0.02> <period*0.48> <period>)
?clock: Vdiff tb_vd 0 pwl(0 {10*<overdrive>} <period*0.6> {10*<overdrive>} <period*0.62> {-<overdrive>} <period*1.6> {-<overdrive>} <period*1.62> {<overdrive>})
!clock: Vdiff tb_vd 0 dc 0 pulse({-<swing>} {<overdrive>} <half/10> <half/1000> <half/1000> <half> <half*4>)
Vcommon tb_cm 0 dc {<common_mode>}
Ep tb_sp tb_cm tb_vd 0 0.5
En tb_sm tb_cm tb_vd 0 -0.5
Rsp tb_sp <in+> {<source>}
Rsm tb_sm <in-> {<source>}
Vzero tb_zero 0 0
?out: Edecision tb_decision 0 <out> tb_half 1
?out: Vhalf tb_half 0 dc {supply/2}
?out: Cload <out> 0 {load}
?out+: Edecision tb_decision 0 <out+> <out-> 1
?out+: Cloadp <out+> 0 {load}
?out+: Cloadm <out-> 0 {load}
.option keepopinfo itl1=300 itl2=200 itl4=60
?clock: .option method=gear
