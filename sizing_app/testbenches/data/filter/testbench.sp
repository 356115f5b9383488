* Filter: 1 V at the input, or half of it at each of two; the output or the difference of two stands at tb_filtered.
?supply: Vsupply <supply> 0 dc {supply} ac 0
!in-: Vinput <in+> 0 dc {<common_mode>} ac 1 sin({<common_mode>} <amplitude> <f_pass>)
?in-: Vinput tb_in 0 dc 0 ac 1 sin(0 <amplitude> <f_pass>)
?in-: Vcommon tb_common 0 dc {<common_mode>}
?in-: Ep <in+> tb_common tb_in 0 0.5
?in-: En <in-> tb_common tb_in 0 -0.5
?out: Efiltered tb_filtered 0 <out> 0 1
?out: Cload <out> 0 {load}
?out+: Efiltered tb_filtered 0 <out+> <out-> 1
?out+: Cloadp <out+> 0 {load}
?out+: Cloadm <out-> 0 {load}
?common mode: Vcm <common mode> 0 dc {<common_mode>}
.option keepopinfo itl1=200 itl2=200
