* 1.5-bit multiplying DAC of a pipelined converter: flip-around switched-capacitor amplifier of gain 2, per side (p, m)
* sampling capacitor Cs and feedback capacitor Cf. Phase 1: both track the input, the summing nodes gp, gm are held at vc.
* Phase 2: Cs goes to the DAC level, Cf around the amplifier: residue = 2 input - DAC level.
* ---- switches and capacitors, positive side
Man ip p1 sp 0 nlvt w={w_swi} l={l_sw}
Map ip p1b sp vdd pmos w={2*w_swi} l={l_sw}
Mbn ip p1 fp 0 nlvt w={w_swi} l={l_sw}
Mbp ip p1b fp vdd pmos w={2*w_swi} l={l_sw}
Mdn dp p2 sp 0 nlvt w={w_swd} l={l_sw}
Mdp dp p2b sp vdd pmos w={2*w_swd} l={l_sw}
Mfn op p2 fp 0 nlvt w={w_swf} l={l_sw}
Mfp op p2b fp vdd pmos w={2*w_swf} l={l_sw}
Mgp gp p1e vc 0 nlvt w={w_sws} l={l_sw}
Csp sp gp {c_s}
Cfp fp gp {c_s}
* ---- negative side
Mcn im p1 sm 0 nlvt w={w_swi} l={l_sw}
Mcp im p1b sm vdd pmos w={2*w_swi} l={l_sw}
Men im p1 fm 0 nlvt w={w_swi} l={l_sw}
Mep im p1b fm vdd pmos w={2*w_swi} l={l_sw}
Mhn dm p2 sm 0 nlvt w={w_swd} l={l_sw}
Mhp dm p2b sm vdd pmos w={2*w_swd} l={l_sw}
Mkn om p2 fm 0 nlvt w={w_swf} l={l_sw}
Mkp om p2b fm vdd pmos w={2*w_swf} l={l_sw}
Mgm gm p1e vc 0 nlvt w={w_sws} l={l_sw}
Csm sm gm {c_s}
Cfm fm gm {c_s}
* ---- output reset in phase 1
Mrn op p1 om 0 nlvt w={w_rst} l={l_sw}
Mrp op p1b om vdd pmos w={2*w_rst} l={l_sw}
* ---- bias: one reference current, cascode gates from long diodes
Iref vdd vbn {i_ref}
Mb1 vbn vbn 0 0 nmos w={w_bn} l={l_n}
Mb2 vbp vbn 0 0 nmos w={w_bn} l={l_n}
Mb3 vcp vbn 0 0 nmos w={w_bn} l={l_n}
Mb4 vbp vbp vdd vdd pmos w={w_bp} l={l_p}
Mb5 vcn vbp vdd vdd pmos w={w_bp} l={l_p}
Mb6 vcn vcn 0 0 nmos w={w_bcn} l={l_bcn}
Mb7 vcp vcp vdd vdd pmos w={w_bcp} l={l_bcp}
* ---- folded-cascode first stage
M0 tail vbn 0 0 nmos w={w_tail} l={l_n}
M1 x1 hp tail 0 nlvt w={w_in} l={l_in}
M2 x2 hm tail 0 nlvt w={w_in} l={l_in}
M3 x1 ncm vdd vdd pmos w={w_ps} l={l_p}
M4 x2 ncm vdd vdd pmos w={w_ps} l={l_p}
M5 q1 vcp x1 vdd pmos w={w_pc} l={l_pc}
M6 q2 vcp x2 vdd pmos w={w_pc} l={l_pc}
M7 q1 vcn y1 0 nmos w={w_nc} l={l_nc}
M8 q2 vcn y2 0 nmos w={w_nc} l={l_nc}
M9 y1 vbn 0 0 nmos w={w_ns} l={l_n}
M10 y2 vbn 0 0 nmos w={w_ns} l={l_n}
* ---- common-source second stage, Miller compensation
M11 om q1 0 0 nmos w={w_cs} l={l_cs}
M12 op q2 0 0 nmos w={w_cs} l={l_cs}
M13 om vbp vdd vdd pmos w={w_cl} l={l_p}
M14 op vbp vdd vdd pmos w={w_cl} l={l_p}
Rz1 q1 z1 {r_z}
Rz2 q2 z2 {r_z}
Cc1 z1 om {c_c}
Cc2 z2 op {c_c}
* ---- common-mode feedback: sense the outputs' mean, compare it with vc, set the current of M3, M4
Rcp op cms {r_cm}
Rcm om cms {r_cm}
Ccp op cms {c_cm}
Ccm om cms {c_cm}
M15 ct vbn 0 0 nmos w={k_cm*(w_tail+2*w_ns)} l={l_n}
M16 ncm cmi ct 0 nlvt w={w_cmi} l={l_cmi}
M17 ncr vc ct 0 nlvt w={w_cmi} l={l_cmi}
M18 ncm ncm vdd vdd pmos w={k_cm*w_ps} l={l_p}
M19 ncr ncr vdd vdd pmos w={k_cm*w_ps} l={l_p}
