* Reference. A voltage is read at the output; with the setting compliance, the current that flows out of it into a source
* of that voltage. Either stands at tb_value, 1 V for 1 A.
Vsupply <supply> 0 dc {supply} ac 0 pulse(0 {supply} <time/100> <time/100> <time/100> <time*10> <time*20>)
!compliance: Evalue tb_value 0 <out> 0 1
!compliance: Cload <out> 0 {load}
?compliance: Vcompliance <out> 0 dc {<compliance>}
?compliance: Hvalue tb_value 0 Vcompliance 1
Rvalue tb_value 0 1k
.option keepopinfo itl1=200 itl2=200 gmin=1e-14 abstol=1e-14
