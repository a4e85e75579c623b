"""What the commands of a comment come to, for whoever wrote it (design, section 6)."""

import pytest

from activities.clients.comments.parsing import parse
from tickborg.comment_orders import names_projects

HANDLE = "tickbot"


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        ("@tickbot build", True),
        ("@tickbot build packages/cgit", True),
        ("@tickbot build on x86_64-linux cgit", True),
        ("@tickbot cancel cgit", True),
        ("@tickbot cancel", False),
        ("@tickbot biuld cgit", False),
        ("@tickbot status", False),
    ],
)
def test_the_projects_are_asked_for_where_a_word_may_mean_one(written: str, *, needed: bool) -> None:
    """Also where no command is left: what was probably meant can be said only by who knows them."""
    assert names_projects(parse(written, HANDLE)) is needed
