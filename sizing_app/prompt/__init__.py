"""What a language model reads and writes: the general chat form, the compact form of small checkpoints, the parser."""
