"""What several pages are made of: components with their scripts, looks, and a session's state as HTML and figures."""
