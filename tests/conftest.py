"""Walls of the suite: embedded servers (started by the test settings), strict templates, no network, ordered rows."""

import pytest
