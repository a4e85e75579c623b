"""What the bot answers to a comment: all that was wrong with it, and what can be asked for."""

from collections.abc import Iterator, Sequence

from tickborg.commands.grammar import MISTAKES_LIMIT, NEWCOMERS, USAGES, WHO_MAY_PUSH, syntax
from tickborg.commands.resolving import Offer
from tickborg.commands.values import CommandError, ErrorKind, ParsedComment, Verb
from tickborg.texts.markdown import code
from tickborg.texts.mistakes import codes, mistake
from tickborg.texts.wording import counted


def reply(answer: ParsedComment, offer: Offer, handle: str) -> str:
    """One short comment on all that will not be done; "" if there is nothing of that kind.

    Args:
        answer: the comment as :func:`~tickborg.commands.resolving.resolve` left it.
        offer: what it was resolved against.
        handle: the bot's name, without ``@``.
    """
    if not answer.errors:
        return ""
    paragraphs = ["\n".join(_mistakes(answer.errors, offer, handle)), *_afterwards(answer, offer)]
    return "\n\n".join(paragraphs)


def _mistakes(errors: Sequence[CommandError], offer: Offer, handle: str) -> Iterator[str]:
    if len(errors) == 1:
        sentence = mistake(errors[0], offer, handle)
        yield f"❓ {sentence[0].upper()}{sentence[1:]}"
        return
    yield "❓ Not all of this can be done:"
    yield ""
    for error in errors[:MISTAKES_LIMIT]:
        yield f"- line {error.place.line}: {mistake(error, offer, handle)}"
    if len(errors) > MISTAKES_LIMIT:
        yield f"- and {counted(len(errors) - MISTAKES_LIMIT, 'more mistake')}"


def _afterwards(answer: ParsedComment, offer: Offer) -> Iterator[str]:
    """The projects there are, where none is like the one that was named; and what becomes of the rest."""
    spelled_out = answer.errors[:MISTAKES_LIMIT]
    unlike = (error for error in spelled_out if error.kind is ErrorKind.UNKNOWN_PROJECT and not error.meant)
    names = offer.projects or offer.built
    if any(unlike) and names:
        yield f"Projects: {codes(names)}"
    if answer.commands:
        yield "The rest is being done."


def help_text(handle: str) -> str:
    """The table of commands, and how one is written."""
    return "\n".join(
        (
            "| command | what it does | who may |",
            "|---|---|---|",
            *(f"| {code(f'@{handle} {syntax(verb)}')} | {_row(verb)} |" for verb in USAGES),
            "",
            f"A command begins a line with {code(f'@{handle}')}. What is quoted or code is not read.",
            "",
            f"{WHO_MAY_PUSH} {NEWCOMERS}",
        )
    )


def _row(verb: Verb) -> str:
    usage = USAGES[verb]
    return f"{usage.does} | {usage.who}"
