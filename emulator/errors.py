"""The refusals GitHub answers with.

Refusal                 any status but success, with GitHub's JSON
├── NotFound            404
├── Unauthorized        401
├── Forbidden           403
├── Unprocessable       422, a sentence
└── ValidationFailed    422, "Validation Failed" with a list of errors
"""

from typing import Any

DOCUMENTATION_URL = "https://docs.github.com/rest"


class Refusal(Exception):  # noqa: N818 - GitHub refuses; nothing went wrong in the emulator
    """An answer that is no success: its HTTP status, message, entries under `errors`, if any, and headers."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The JSON GitHub answers (https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api)."""
        answer: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            answer["errors"] = self.errors
        return answer | {"documentation_url": DOCUMENTATION_URL, "status": str(self.status)}


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it."""

    def __init__(self, message: str = "Not Found") -> None:
        super().__init__(404, message)


class Unauthorized(Refusal):
    """The credential is missing, unknown, expired or malformed."""

    def __init__(self, message: str) -> None:
        super().__init__(401, message)


SUSPENDED = "This installation has been suspended"


class Forbidden(Refusal):
    """The credential is good, and not enough."""

    def __init__(self, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(403, message, headers=headers)


class Unprocessable(Refusal):
    """The request was understood and cannot be done."""

    def __init__(self, message: str) -> None:
        super().__init__(422, message)


class ValidationFailed(Refusal):
    """A field of the request is not acceptable; `code` is GitHub's: missing_field, invalid, custom, …."""

    def __init__(
        self, resource: str, field: str, code: str, message: str | None = None, value: Any = None
    ) -> None:
        error: dict[str, Any] = {"resource": resource, "code": code, "field": field}
        if value is not None:
            error = {"value": value} | error
        if message is not None:
            error["message"] = message
        super().__init__(422, "Validation Failed", errors=[error])
