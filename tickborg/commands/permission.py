"""Who may use which command (design, section 6)."""

from tickborg.commands.grammar import USAGES, Who
from tickborg.commands.values import Verb


def refused_commands(*, trusted: bool, author: bool, awaits_approval: bool) -> frozenset[Verb]:
    """The commands that somebody may not use on a pull request.

    Args:
        trusted: they may push, or the settings trust them (:func:`tickborg.acl.is_trusted`).
        author: the pull request is theirs.
        awaits_approval: it is a first contribution that nobody has let in yet
            (:func:`tickborg.acl.needs_approval`).
    """
    if trusted:
        return frozenset()
    refused_to = {Who.AUTHOR} if not author else set()
    if awaits_approval:
        refused_to.add(Who.BUILDERS)
    return frozenset(verb for verb, usage in USAGES.items() if usage.who in refused_to)
