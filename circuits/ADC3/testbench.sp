* Sampling at 1 n + k 10 n, comparison 0.5 ns later for 4.2 ns, tracking from 6 n on. Differential input, behind 50 Ohm
* a side: +0.8 V, -0.8 V, half an LSB (3.125 mV), each set as tracking begins; from 26 n on a sine of 0.8 V and
* 37.5 MHz, of which the next eight samples hold three periods.
Vdd vdd 0 dc {supply}
Vcm cm 0 dc {0.5*supply}
Vlevel level 0 pwl(0 0.8 6n 0.8 6.05n -0.8 16n -0.8 16.05n 3.125m 26n 3.125m 26.05n 0)
Vsine wave level sin(0 0.8 37.5meg 26n)
Esp sp cm wave 0 0.5
Esm sm cm wave 0 -0.5
Rsp sp ip 50
Rsm sm im 50
* both clocks return through Vck, which reads their charge
Vcks cks ckret pulse({supply} 0 1n 50p 50p 4.95n 10n)
Vclk clk ckret pwl(0 0 1.5n 0 1.55n {supply} 5.7n {supply} 5.75n 0 11.5n 0 11.55n {supply} 15.7n {supply} 15.75n 0
+ 21.5n 0 21.55n {supply} 25.7n {supply} 25.75n 0)
Vck ckret 0 dc 0
Clp qp 0 {load}
Clm qm 0 {load}
* differential held value, and its common mode
Eheld held 0 hp hm 1
Ecm1 half 0 hp 0 0.5
Ecm2 common half hm 0 0.5
.nodeset v(hp)={0.5*supply+0.4} v(hm)={0.5*supply-0.4} v(ip)={0.5*supply+0.4} v(im)={0.5*supply-0.4} v(cksb)=0
+ v(clkb)={supply} v(fp)={supply} v(fm)={supply} v(op)=0 v(om)=0 v(qp)={supply} v(qm)={supply} v(head)=0.5 v(tail)=0.5
.option keepopinfo itl1=300 itl4=60 method=gear reltol=5e-4
