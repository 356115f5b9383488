"""A circuit of one's own before it is sized: which input is which, whether it is what was written, first specs."""
