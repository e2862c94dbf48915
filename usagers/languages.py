"""Languages of the messages (messages.md, "Channels"), each under the name its speakers read. Pure."""

MESSAGE_LANGUAGES = [
    ("fr", "Français"),
    ("en", "English"),
    ("ar", "العربية"),
    ("uk", "Українська"),
    ("es", "Español"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("tr", "Türkçe"),
]
