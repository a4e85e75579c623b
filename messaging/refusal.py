"""Saying why a message cannot be used."""

from pydantic import ValidationError


def why_invalid(error: ValidationError) -> str:
    """The first complaints, without the input: a message may hold what a log should not."""
    complaints = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in complaints[:3])
