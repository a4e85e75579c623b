"""Whether a comment can have anything to do with the bot at all (design, section 5)."""

import re


def mentions(body: str, handle: str) -> bool:
    """Whether ``@handle`` is in ``body``, in any case, as a word of its own.

    It looks at no line or quote: that is the grammar's, which finds out what is a command. A body that this
    says no to has none.

    Args:
        body: of a comment.
        handle: an account's name, without ``@``.
    """
    # Names of accounts are made of letters, digits and hyphens: with more of them it is another's.
    word = re.compile(rf"(?<!\w)@{re.escape(handle)}(?!\w|-\w)", re.IGNORECASE)
    # Ignoring case, Python takes a Kelvin sign for a k; GitHub does not.
    return any(found[0].isascii() for found in word.finditer(body))
