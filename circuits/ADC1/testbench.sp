* 20 MS/s. Track 0.2-12 ns of each period, hold until the next. Inputs of the periods: half the full scale and half an LSB
* (after the negative in the operating point), where the MSB switches at 16 ns and the comparator decides at 31 ns; -1/2 LSB
* with a comparison 14 ns into the period; then a sine of 94% of full scale and 8.57 MHz whose seven samples are 3 cycles.
Vdd vdd 0 {supply}
Vck clock 0 0
Vtrack track clock pulse(0 {supply} 0.2n 0.2n 0.2n 11.6n 50n)
Vclk clk clock pwl(0 0 31n 0 31.2n {supply} 36n {supply} 36.2n 0 64n 0 64.2n {supply} 69n {supply} 69.2n 0)
Vtp tp clock pulse(0 {supply} 16n 0.2n 0.2n 32.6n 1)
Vtm tm clock pulse({supply} 0 16n 0.2n 0.2n 32.6n 1)
Vcm cm 0 {0.5*supply}
Vstep d1 0 pwl(0 {-0.5*supply} 0.1n {0.5*supply+supply/1024} 50n {0.5*supply+supply/1024} 50.2n {-supply/1024} 100n {-supply/1024} 100.2n 0)
Vsine diff d1 sin(0 {0.94*supply} {60e6/7} 100n)
Ep sp cm diff 0 0.5
Em sm cm diff 0 -0.5
Rp sp ip 50
Rm sm im 50
Cqp qp 0 {load}
Cqm qm 0 {load}
* what is measured: held difference and common mode, preamplifier output
Eheld held 0 hp hm 1
Ehcm hcm hmid held 0 0.5
Ehmid hmid 0 hm 0 1
Epre pre 0 ap am 1
.option itl1=300 itl4=60 method=trap reltol=1e-4 trtol=100 chgtol=1e-15 bypass=1
