"""The one loop of a session, its events, and sessions as files and documents."""
