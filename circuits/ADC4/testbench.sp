* Pipeline stage at 50 MS/s: phase 1 until 9.8 ns, phase 2 until 19.8 ns. DC, AC and noise analyses see phase 2.
* Supply, common-mode level, clocks, input, DAC levels (the decisions of the stage's comparators) and load are ideal.
Vdd vdd 0 dc {supply}
Vc vc 0 dc {supply/2}
* input: 0.75 V sine, 7 samples of 3 cycles, held by a stage before; DAC level: 0.8 V times its decision
Vin in 0 dc 0 ac 0 pwl(0 0.22164
+ 19.9n 0.22164 20n 0.111188  39.9n 0.111188 40n -0.421994  59.9n -0.421994 60n 0.649219
+ 79.9n 0.649219 80n -0.747858  99.9n -0.747858 100n 0.698374  119.9n 0.698374 120n -0.51057)
Vdac dac 0 dc 0 pwl(0 0.8
+ 19.9n 0.8 20n 0  39.9n 0 40n -0.8  59.9n -0.8 60n 0.8
+ 79.9n 0.8 80n -0.8  99.9n -0.8 100n 0.8  119.9n 0.8 120n -0.8)
Eip ip vc in 0 0.5
Eim im vc in 0 -0.5
Edp dp vc dac 0 0.5
Edm dm vc dac 0 -0.5
* clocks: the summing nodes open first (p1e), then the inputs (p1), then phase 2 begins (p2); b: inverted
Vp1e p1e 0 dc 0 pulse({supply} 0 9.6n 0.1n 0.1n 10.2n 20n)
Vp1 p1 0 dc 0 pulse({supply} 0 9.7n 0.1n 0.1n 10.1n 20n)
Vp1b p1b 0 dc {supply} pulse(0 {supply} 9.7n 0.1n 0.1n 10.1n 20n)
Vp2 p2 0 dc {supply} pulse(0 {supply} 9.8n 0.1n 0.1n 9.9n 20n)
Vp2b p2b 0 dc 0 pulse({supply} 0 9.8n 0.1n 0.1n 9.9n 20n)
* a DC path for the summing nodes, too weak to matter within a clock period
Rgp gp vc 1g
Rgm gm vc 1g
* probes for double injection: between summing nodes and op-amp inputs, and at the common-mode sense node
Vhp gp hp dc 0 ac 0
Vhm gm hm dc 0 ac 0
Ihp 0 hp dc 0 ac 0
Ihm 0 hm dc 0 ac 0
Vcs cms cmi dc 0 ac 0
Ics 0 cmi dc 0 ac 0
* the next stage's capacitors; then residue, op-amp input, output common mode and reconstructed input, (residue + DAC)/2
Clp op 0 {load}
Clm om 0 {load}
Eres res 0 op om 1
Ehd hd 0 hp hm 1
Emid mid om op om 0.5
Erec rec half dac 0 0.5
Ehalf half 0 op om 0.5
.nodeset v(op)={supply/2} v(om)={supply/2} v(cms)={supply/2} v(cmi)={supply/2} v(gp)={supply/2} v(gm)={supply/2}
+ v(hp)={supply/2} v(hm)={supply/2} v(tail)=0.3 v(vbn)=0.7 v(vbp)={supply-1} v(vcn)=0.9 v(vcp)={supply-1.3} v(ct)=0.3
+ v(x1)={supply-0.3} v(x2)={supply-0.3} v(y1)=0.15 v(y2)=0.15 v(q1)=0.7 v(q2)=0.7 v(ncm)={supply-1.1} v(ncr)={supply-1.1}
.option keepopinfo itl1=100 itl2=100 itl4=60 reltol=5e-4 chgtol=1e-16
