"""Other people's words stay words, wherever a page shows them."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.logs.log_page import LogView, log_page
from messaging.log_format import LogMetadata
from messaging.log_store import LogLine
from tests.support.html_tree import Node, parse
from tests.support.page_parts import HERE, html_of, list_of, page_of
from tests.support.samples import (
    ATTEMPT,
    HEAD,
    NOON,
    branch_view,
    build_view,
    check_result,
    pull_request,
    pull_request_view,
)
from tickborg.jobs import BuildOutcome, EvaluationOutcome, SkippedBuild
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import visible
from tickborg.views import BuildView


def names(node: Node) -> list[tuple[str, frozenset[str]]]:
    """Every element and which attributes it has."""
    return [(each.name, frozenset(each.attributes)) for each in node.all()]


def hostile_pull(word: str) -> str:
    """A page in which everything that others choose is ``word``."""
    pull = pull_request(title=word, author=word, head_ref=word, head_repo=word, base_ref=word, labels=(word,))
    view = pull_request_view(
        hostile_build(word),
        pull=pull,
        evaluation=EvaluationOutcome.EVALUATED,
        evaluation_reason=sentence(word),
        skipped=(SkippedBuild(project=word, reason=sentence(word)),),
        notices=(f"{code(word)}: {prose(sentence(word))}",),
        checks=(
            check_result(
                word,
                BuildOutcome.FAILURE,
                reason=sentence(word),
                reproduce=(word,),
                builder=word,
                attempt_id=word,
            ),
        ),
    )
    return html_of(page_of(view))


def hostile_build(word: str) -> BuildView:
    """A build of which the builder and the project file say ``word``."""
    return build_view(
        word,
        outcome=BuildOutcome.FAILURE,
        reason=sentence(word),
        builder=word,
        failed_command=word,
        reproduce=(word,),
        path=word,
        head_sha=word,
    )


def sentence(word: str) -> str:
    """``word`` without what a sentence of the bot's may have of its own: code and line breaks."""
    return word.replace("`", "'").replace("\n", " ")


def hostile_branch(word: str) -> str:
    """The same for a branch, though git would not let it be called everything."""
    view = branch_view(
        hostile_build(word), branch=word, pusher=word, head_sha=HEAD, error=sentence(word), waiting=(word,)
    )
    return html_of(page_of(view))


def hostile_log(word: str) -> str:
    """The same for a log, of which the builder says everything itself."""
    metadata = LogMetadata(
        attempt_id=UUID(ATTEMPT),
        identity=word,
        system=word,
        project=word,
        repo=f"{word} is no repository",
        branch=word,
        head_sha=word,
        started_at=NOON,
    )
    view = LogView(
        metadata.attempt_id, metadata, (LogLine(1, word.replace("\x1b", "")),), cut=True, place="1-2-3"
    )
    return html_of(log_page(view, HERE))


def hostile_list(word: str) -> str:
    """The same for the list."""
    view = pull_request_view(build_view(word, outcome=BuildOutcome.FAILURE), pull=pull_request(title=word))
    branch = branch_view(build_view(word, outcome=BuildOutcome.FAILURE), branch=word, pusher=word)
    return html_of(list_of({7: view}, {word: branch}))


WORDS = st.one_of(
    st.text(min_size=1),
    st.sampled_from(
        ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><base href=//e>", "'"]
    ),
)


@pytest.mark.parametrize("page", [hostile_pull, hostile_branch, hostile_log, hostile_list])
@given(word=WORDS)
def test_other_peoples_words_stay_words(page: Callable[[str], str], word: str) -> None:
    """Whatever they are, the page has the elements and attributes that it has with a harmless word."""
    hostile = parse(page(word))
    assert names(hostile) == names(parse(page("harmless")))
    assert visible(word) in hostile.text
