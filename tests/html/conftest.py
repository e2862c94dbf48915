"""The world of the rights matrix serves here too: each page as the role that the matrix names its viewer."""

from tests.rights.conftest import client_of, house, shared

__all__ = ["client_of", "house", "shared"]
