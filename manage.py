#!/usr/bin/env python
"""Django's command line. Settings come from DJANGO_SETTINGS_MODULE, the development ones by default."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdv.config.settings.dev")
    execute_from_command_line(sys.argv)
