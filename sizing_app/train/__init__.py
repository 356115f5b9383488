"""From simulated designs to a checkpoint: pools, queries, a teacher, supervised training, then TL-GRPO with ngspice.

One query can be followed through it: queries.synthesize -> teacher -> data -> tree -> sft -> rollout.play (turns from
histories) -> tl_grpo.collect (advantages) -> trainer.update (gradient) -> export.
"""
