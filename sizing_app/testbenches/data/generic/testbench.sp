* Sources, load and bias of one's own are lines that follow; the analyses and metrics too.
?supply: Vsupply <supply> 0 dc {supply} ac 0
?out: Cload <out> 0 {load}
.option keepopinfo itl1=200 itl2=200
