"""What it means that GitHub's webhooks are answered 4xx, and what to do about it."""

from collections.abc import Mapping

_SAME = "the App's webhook secret on GitHub and [github] webhook_secret_file"

_ADVICE = {
    401: f"they come without a signature: let {_SAME} be the same; or a proxy wants a login of its own",
    403: f"let {_SAME} be the same; or a proxy or firewall before the webhook refuses or changes them",
    404: "the App's webhook URL, or a proxy, leads elsewhere: it must end in /github-webhook",
    405: "something else than tickborg is at the App's webhook URL, or a proxy lets no POST through",
    413: "a proxy before the webhook takes no bodies of that size: let it take 25 MiB",
    415: "choose application/json as the content type of the App's webhook, or a proxy changes it",
}
"""By status; tickborg itself takes all that GitHub sends."""


def lines(refused: Mapping[int, int]) -> tuple[str, ...]:
    """One for each status, of which so many deliveries were refused."""
    return tuple(
        f"{count:,} {'delivery' if count == 1 else 'deliveries'} refused with {status}; {_ADVICE[status]}"
        for status, count in sorted(refused.items())
    )
