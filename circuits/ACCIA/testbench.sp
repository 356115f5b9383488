* Differential source around half the supply. Vprobe and Iprobe inject into the closed common-mode loop, so that every design
* keeps its operating point. Ed makes one vector of the differential output.
Vdd vdd 0 dc {supply} ac 0
Vcm vcm 0 {0.5*supply}
Vip sp 0 dc {0.5*supply} ac 0.5 sin({0.5*supply} 2.5m 1k)
Vim sm 0 dc {0.5*supply} ac -0.5 sin({0.5*supply} -2.5m 1k)
Vprobe vs vsi dc 0 ac 0
Iprobe 0 vsi dc 0 ac 0
Cl1 op 0 {load}
Cl2 om 0 {load}
Ed diff 0 op om 1
.nodeset v(op)={0.5*supply} v(om)={0.5*supply} v(gp)={0.5*supply} v(gm)={0.5*supply} v(gpr)={0.5*supply} v(gmr)={0.5*supply}
.nodeset v(vs)={0.5*supply} v(vsi)={0.5*supply} v(o1)=0.8 v(o2)=0.8 v(y1)=0.8 v(y2)=0.8
.option keepopinfo itl1=100 gmin=1e-15 abstol=1e-14
