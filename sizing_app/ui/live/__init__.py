"""What runs, drawn once and streamed to all who watch it."""
