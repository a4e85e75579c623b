"""Reading comments: an activity, since no third party's parser may run in a workflow (design, section 3)."""

from collections.abc import Callable

from temporalio import activity

from tickborg.commands.values import CommentText, ParsedComment


class CommentActivities:
    """What a comment asks for.

    Args:
        parse: reads a body for a handle; pure, and raises nothing.
    """

    def __init__(self, parse: Callable[[str, str], ParsedComment]) -> None:
        self._parse = parse

    @activity.defn(name="read_comment")
    async def read_comment(self, text: CommentText) -> ParsedComment:
        """The commands of a comment, and what is wrong with them; reading changes nothing."""
        return self._parse(text.body, text.handle)
