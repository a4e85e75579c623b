"""Which projects a commit says it is about: the scopes of its first line (design, section 7).

https://www.conventionalcommits.org/en/v1.0.0/ and the older ``project: what was done``.
"""

_AUTOSQUASH = ("fixup! ", "squash! ", "amend! ")
"""What ``git commit --fixup`` and its like put before the line of the commit they belong to."""


def scopes(subject: str) -> tuple[str, ...]:
    """The scopes named by the first line of a commit, in order; whether they are projects is not asked.

    ``feat(a,b)!: …`` has ``a`` and ``b``; ``a: …`` and ``a, b: …`` name theirs without a type.
    """
    head, colon, text = _original(subject).partition(":")
    if not colon or (text and not text[0].isspace()):
        return ()
    head = head.strip().removesuffix("!").rstrip()
    kind, bracket, named = head.partition("(")
    if bracket:
        return _words(named[:-1]) if kind.strip() and named.endswith(")") else ()
    return _words(head)


def _original(subject: str) -> str:
    """The line of the commit that this one is to be squashed into."""
    start = 0
    while subject.startswith(_AUTOSQUASH, start):
        start = subject.index(" ", start) + 1
    return subject[start:]


def _words(text: str) -> tuple[str, ...]:
    """The words between commas; nothing, if one of them is a phrase: then it is prose and no list."""
    words = tuple(word.strip() for word in text.split(","))
    return () if any(len(word.split()) != 1 for word in words) else words
