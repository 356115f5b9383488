"""What a person fills in, and the task that it becomes."""
