"""For the type checker only: settings that need no environment."""

from rdv.config.settings.base import *  # noqa: F403 - settings inherit by star import, Django's own idiom

SECRET_KEY = "mypy"  # noqa: S105 - never served
