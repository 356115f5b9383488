"""Several policies on one task, side by side."""
