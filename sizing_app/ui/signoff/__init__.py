"""What a finished session's best design is checked for: corners, random variation, sensitivity; and its report."""
