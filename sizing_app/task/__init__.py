"""What is asked of a design, what a turn is, and what it is worth."""
