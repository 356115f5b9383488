* Fully differential folded-cascode OTA, PMOS input pair; its common-mode amplifier, two NMOS pairs that compare each
* output with vcm, sets the PMOS current sources
* Bias: i_ref into Mb1; copies feed the PMOS diode Mb3 and the narrow diodes Mb5, Mb7 of the cascodes' gates
Ib vdd vbn {i_ref}
Mb1 vbn vbn 0 0 nmos w={w_bn} l={l_n}
Mb2 vbp vbn 0 0 nmos w={w_bn} l={l_n}
Mb3 vbp vbp vdd vdd pmos w={w_bp} l={l_p}
Mb4 vcp vbn 0 0 nmos w={w_bn} l={l_n}
Mb5 vcp vcp vdd vdd pmos w={w_bcp} l={l_p}
Mb6 vcn vbp vdd vdd pmos w={w_bp} l={l_p}
Mb7 vcn vcn 0 0 nmos w={w_bcn} l={l_n}
* input pair and tail; Vmi and Vms are threshold differences of 3 sigma (Pelgrom, 3.5 mV um) whose offsets add
M0 tail vbp vdd vdd pmos w={w_tail} l={l_p}
Vmi inp g1 {0.0105u/(w_in*l_in)**0.5}
M1 x1 g1 tail vdd plvt w={w_in} l={l_in}
M2 x2 inn tail vdd plvt w={w_in} l={l_in}
* folded branches: NMOS sinks and cascodes, PMOS cascodes, and current sources that the common-mode amplifier drives
Vms vbn g3 {0.0105u/(w_sink*l_n)**0.5}
M3 x1 g3 0 0 nmos w={w_sink} l={l_n}
M4 x2 vbn 0 0 nmos w={w_sink} l={l_n}
M5 om vcn x1 0 nmos w={w_ncas} l={l_cas}
M6 op vcn x2 0 nmos w={w_ncas} l={l_cas}
M7 om vcp z1 vdd pmos w={w_pcas} l={l_cas}
M8 op vcp z2 vdd pmos w={w_pcas} l={l_cas}
M9 z1 vcf vdd vdd pmos w={w_psrc} l={l_p}
M10 z2 vcf vdd vdd pmos w={w_psrc} l={l_p}
* common-mode feedback
M11 vcr vcm t1 0 nlvt w={w_cmi} l={l_cmi}
M12 vcs op t1 0 nlvt w={w_cmi} l={l_cmi}
M13 vcr vcm t2 0 nlvt w={w_cmi} l={l_cmi}
M14 vcs om t2 0 nlvt w={w_cmi} l={l_cmi}
M15 t1 vbn 0 0 nmos w={w_cmt} l={l_n}
M16 t2 vbn 0 0 nmos w={w_cmt} l={l_n}
M17 vcr vcr vdd vdd pmos w={w_cml} l={l_p}
M18 vcs vcs vdd vdd pmos w={w_cml} l={l_p}
