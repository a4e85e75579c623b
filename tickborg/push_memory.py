"""What the owner of a branch remembers: the one state object that is carried on as new."""

from tickborg.github import RepositoryName
from tickborg.values import Value


class PushStart(Value):
    """What a ``Push`` workflow is started with; its first event comes as a signal."""

    repo: RepositoryName
    branch: str
