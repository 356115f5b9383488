"""What goes out and comes in without a page: the API, and files."""
