* 4-bit capacitor array with ideal switches
.param cu=20f
.subckt cell top sel vref c=20f
c1 top b {c}
s1 b vref sel 0 swm
s2 b 0 0 sel swi
.ends
.subckt dac top vref d0 d1 d2 d3
x0 top d0 vref cell c={cu}
x1 top d1 vref cell c={2*cu}
x2 top d2 vref cell c={4*cu}
x3 top d3 vref cell c={8*cu}
cd top 0 {cu}
.ends
.model swm sw vt=0.5 vh=0.1 ron=100 roff=1g
.model swi sw vt=-0.5 vh=0.1 ron=100 roff=1g
