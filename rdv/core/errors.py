"""Errors that people can be told about. Each carries the sentence shown to them, in French."""


class DomainError(Exception):
    """A rule refused the request. `message` is the sentence for the person; `code` is stable, for tests."""

    code = "refused"
    message = "Cette action n’est pas possible."

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or self.message
        self.code = code or self.code
        super().__init__(self.message)
