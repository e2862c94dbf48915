"""A refusal that knows which box of the form it is about. Raised by the services of this app, shown by its views."""

from rdv.core.errors import DomainError


class FieldRefused(DomainError):  # noqa: N818 - domain errors are named by what they say (house.md)
    code = "field_refused"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
