"""One session: the Run page, the view that every page has of it, and what a person does to it."""
