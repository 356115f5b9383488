"""Ready testbenches by class of circuit: data (data/CLASS: bench.toml and testbench.sp), and what fills it in.

A template names ports by role (``<in+>``) and settings (``<step>``). With the wiring of one circuit it becomes a Bench:
testbench text, analyses, metrics and measures in the format of a circuit folder.
"""
