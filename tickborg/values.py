"""The base of every value that is written into a Temporal history or sent between processes."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """An immutable value, compared by its fields.

    Unknown fields are ignored when one is read: a history written by a newer version must stay readable
    by an older worker in the middle of a deploy.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
