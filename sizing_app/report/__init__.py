"""A design as a document: the datasheet in HTML and Markdown."""
