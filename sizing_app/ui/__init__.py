"""The web pages. Everything here turns a SessionState into components; nothing here decides how a session runs."""
