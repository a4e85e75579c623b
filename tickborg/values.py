"""The base of every value that is written into a Temporal history or sent between processes."""

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Value(BaseModel):
    """An immutable value, compared by its fields.

    Unknown fields are ignored when one is read: a history written by a newer version must stay readable
    by an older worker in the middle of a deploy.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Terse(BaseModel):
    """One of very many of its kind, of which what is at its default is not written.

    So a default can never be changed: what it stands for in a history would change with it.
    """

    @model_serializer(mode="wrap")
    def _said(self, written: SerializerFunctionWrapHandler) -> dict[str, object]:
        fields = type(self).model_fields
        said = written(self).items()
        return {name: value for name, value in said if getattr(self, name) != fields[name].default}
