"""How the pages' events are set: not part of the API, and without Gradio's own signs of progress."""

PRIVATE = {"api_visibility": "private", "show_progress": "hidden", "show_progress_on": ()}
"""At every step of every event, Gradio's page searches its whole tree for each component that may show progress, hidden
or not. Where none may, an event is cheap."""
