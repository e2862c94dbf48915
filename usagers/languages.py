"""Languages of the messages (messages.md, "Channels"), each under the name its speakers read. Pure."""

from rdv.core.languages import LANGUAGES

MESSAGE_LANGUAGES = [(code, names[0]) for code, names in LANGUAGES.items()]
