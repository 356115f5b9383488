"""TL-GRPO in verl, a distributed trainer on Ray, for models that need GPUs (docs/train-30b.md).

One query can be followed through it: dataset (a row) -> agent_loop (G replies from each history of one trajectory,
simulated and rewarded) -> groups (every reply filed under its query and turn). Advantages within a group, the clipped
loss and the update are verl's own.
"""
