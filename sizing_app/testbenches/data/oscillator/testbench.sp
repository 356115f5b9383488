* Oscillator: the supply rises, and a pulse of current into the output starts what would stay at its balance.
Vsupply <supply> 0 dc {supply} pulse(0 {supply} 0 <time/200> <time/200> <time*10> <time*20>)
Ikick 0 <out> dc 0 pulse(0 <kick> <time/100> <time/2000> <time/2000> <time/500> <time*20>)
Cload <out> 0 {load}
.option keepopinfo itl1=200 itl2=200 itl4=60
