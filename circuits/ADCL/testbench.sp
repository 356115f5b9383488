* Clock of 1 GHz: edges at 0.1 n, 1.1 n, 2.1 n decide, those at 0.6 n, 1.6 n, 2.6 n reset. The input changes with the
* reset, +50 mV, -5 mV, +1 mV: every decision must overturn the former one, which the SR latch holds. Vsp, Vsm: 1 kOhm,
* 10 fF a side.
Vdd vdd 0 dc {supply}
Vclk clk 0 pulse(0 {supply} 90p 20p 20p 480p 1n)
Vsp sp 0 pwl(0 {0.6*supply+25m} 600p {0.6*supply+25m} 620p {0.6*supply-2.5m} 1.6n {0.6*supply-2.5m} 1.62n {0.6*supply+0.5m})
Vsm sm 0 pwl(0 {0.6*supply-25m} 600p {0.6*supply-25m} 620p {0.6*supply+2.5m} 1.6n {0.6*supply+2.5m} 1.62n {0.6*supply-0.5m})
Rsp sp ip 1k
Rsm sm im 1k
Csp ip 0 10f
Csm im 0 10f
Clq q 0 {load}
Clqb qb 0 {load}
.nodeset v(om)={supply} v(op)={supply} v(xp)={supply} v(xm)={supply} v(tail)={0.6*supply-0.4} v(sn)={supply} v(rn)={supply}
+ v(s1)=0 v(r1)=0 v(q)=0 v(qb)={supply} v(a1)=0.1 v(a2)=0 v(ip)={0.6*supply} v(im)={0.6*supply}
.option keepopinfo itl1=300 itl4=60 method=gear
