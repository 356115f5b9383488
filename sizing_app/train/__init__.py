"""From simulated designs to a checkpoint: pools, queries, a teacher, supervised training, then TL-GRPO with ngspice.

One query can be followed through it: queries.Synthesis -> teacher -> data -> tree -> sft -> rollout.play (turns from
histories) -> step.tl_grpo (advantages) -> step.update (gradient) -> export.
"""
