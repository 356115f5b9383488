"""What there is to choose from: circuits and models."""
