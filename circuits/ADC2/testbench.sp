* 1 GS/s. Track 20-500 ps of each cycle, hold until the next; the comparator's clock rises 70 ps after the hold begins.
* Inputs of the cycles: +300 mV (after -300 mV in the operating point), -1/2 LSB with a comparison each; then a sine of
* 290 mV and 375 MHz whose eight samples are 3 cycles, with the comparator in reset.
Vdd vdd 0 {supply}
Vck clock 0 0
Vtrack track clock pulse(0 {supply} 20p 20p 20p 460p 1n)
Vclk clk clock pwl(0 0 580p 0 600p {supply} 980p {supply} 1n 0 1.58n 0 1.6n {supply} 1.98n {supply} 2n 0)
Vcm cm 0 {0.55*supply}
Vstep d1 0 pwl(0 -300m 1p 300m 1n 300m 1.02n -1.171875m 2n -1.171875m 2.02n 0)
Vsine diff d1 sin(0 290m 375meg 2n)
Ep sp cm diff 0 0.5
Em sm cm diff 0 -0.5
Rp sp ip 50
Rm sm im 50
Cqp qp 0 {load}
Cqm qm 0 {load}
* what is measured: held difference and common mode, gate-to-input voltage of the positive side's switch
Eheld held 0 hp hm 1
Ehcm hcm hmid held 0 0.5
Ehmid hmid 0 hm 0 1
Evgs vgs 0 gp ip 1
.option itl1=300 itl4=60 method=trap reltol=1e-4 trtol=60 chgtol=1e-15 bypass=1
