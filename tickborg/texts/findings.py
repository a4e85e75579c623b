"""What ``tickborg doctor`` says of each thing: how it is, and where it is wrong, what to do."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from tickborg.texts import refusals, schedules
from tickborg.texts.durations import spoken
from tickborg.texts.sizes import in_units

_SETTINGS_OF_APP = "in the App's settings on GitHub"
_NOT_READY = 503


def clock_agrees(whose: str) -> str:
    """Within what matters."""
    return f"it agrees with {whose}'s"


def clock_differs(whose: str, ahead: timedelta) -> str:
    """Signatures are refused and heartbeats are not believed."""
    how = "ahead of" if ahead > timedelta() else "behind"
    return (
        f"this host is {spoken(abs(ahead))} {how} {whose}: GitHub refuses the App's signature, and workers"
        " seem dead; keep the clock with NTP (`timedatectl set-ntp true`)"
    )


def app_known(slug: str) -> str:
    """GitHub took the signature."""
    return f"GitHub knows the App as {slug}, and its key is good"


def permissions_granted(whose: str) -> str:
    """All that the bot does may be done."""
    return f"{whose} grants all that tickborg does"


def permissions_missing(whose: str, missing: Sequence[str], *, of_app: bool) -> str:
    """Something will be refused."""
    if of_app:
        return (
            f"{whose} lacks {', '.join(missing)}; grant that {_SETTINGS_OF_APP}, under Permissions & events"
        )
    return (
        f"{whose} has not granted {', '.join(missing)}; its owner has to accept the App's new permissions: "
        "Settings, Applications, GitHub Apps, Configure"
    )


def events_there() -> str:
    """GitHub tells of everything."""
    return "GitHub tells of all that tickborg hears"


def events_missing(missing: Sequence[str]) -> str:
    """Something will never be heard of."""
    return f"GitHub does not tell of {', '.join(missing)}; subscribe to that {_SETTINGS_OF_APP}"


def not_installed() -> str:
    """There is nothing to serve."""
    return "the App is installed nowhere; install it on the repositories that tickborg is to serve"


def suspended(account: str) -> str:
    """Somebody stopped it for a while."""
    return f"the installation on {account} is suspended; its owner can unsuspend it: Settings, Applications"


def hook_set(url: str) -> str:
    """Where GitHub sends webhooks."""
    return f"GitHub sends webhooks to {url}"


def hook_missing() -> str:
    """GitHub tells nobody."""
    return f"the App has no webhook URL; set one {_SETTINGS_OF_APP}: https://YOUR.HOST/github-webhook"


def hook_elsewhere(url: str, paths: Sequence[str]) -> str:
    """What is sent there is answered 404."""
    heard = " and ".join(paths)
    return f"GitHub sends webhooks to {url}, and tickborg hears {heard}; correct it {_SETTINGS_OF_APP}"


def hook_without_tls_check(url: str) -> str:
    """Whoever is in between can read and hold back what is sent."""
    return (
        f"GitHub sends webhooks to {url} without checking its certificate;"
        f" enable SSL verification {_SETTINGS_OF_APP}"
    )


def deliveries_refused(refused: Mapping[int, int]) -> str:
    """Nothing is heard until somebody mends that; then `Reconcile` asks for what GitHub still has."""
    return f"of GitHub's last webhooks: {'; '.join(refusals.lines(refused))}"


def deliveries_unanswered(count: int, status: int, hook_url: str) -> str:
    """The newest of them; there is nothing to be read of why, for nobody of ours has heard them."""
    which = f"{count:,} webhooks" if count > 1 else "webhook"
    why = " It answers 503 itself while it cannot reach Temporal" if status == _NOT_READY else ""
    return (
        f"GitHub's last {which} did not arrive ({status or 'no answer'}): is `tickborg webhook` up,"
        f" and can GitHub reach {hook_url}?{why}"
    )


def deliveries_taken() -> str:
    """Each was answered, and by us."""
    return "GitHub's newest webhooks arrived, and none is refused"


def secret_read() -> str:
    """It is there, and only its owner can read it."""
    return "there is one"


def not_configured(what: str) -> str:
    """Nothing names it, so `tickborg up` has one of its own."""
    return f"{what} is not set, so this was not looked at; `tickborg up` then has one of its own"


def namespace_missing(name: str) -> str:
    """Temporal answers, and has no such namespace."""
    return f"there is no namespace {name}; run `tickborg setup`"


def namespace_keeps(name: str, kept: timedelta) -> str:
    """For long enough."""
    return f"{name} keeps closed workflows for {spoken(kept)}"


def namespace_forgets(name: str, kept: timedelta, wanted: timedelta) -> str:
    """What happened last week is gone when somebody asks."""
    return (
        f"{name} keeps closed workflows for {spoken(kept)} and not for {spoken(wanted)}; run `tickborg setup`"
    )


def attributes_there() -> str:
    """Workflows can be found."""
    return "all are registered"


def attributes_missing(missing: Sequence[str]) -> str:
    """The server refuses to start a workflow that has them."""
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not registered; run `tickborg setup`"


def queue_polled(workers: int) -> str:
    """Somebody works on it."""
    return f"{workers:,} {'worker' if workers == 1 else 'workers'}"


def queue_idle(name: str) -> str:
    """Nothing that is put there is done."""
    service = f"tickborg builder --system {name.removeprefix('build.')}" if name.startswith("build.") else ""
    return f"no worker polls it, so what waits there is not done; start `{service or 'tickborg worker'}`"


def schedule_missing() -> str:
    """It never runs."""
    return "it is not there; run `tickborg setup`"


def schedule_paused(schedule_id: str, note: str) -> str:
    """An operator paused it, and perhaps forgot."""
    why = f" ({note})" if note else ""
    return f"it is paused{why}; if that was not meant to last: `{schedules.resumption(schedule_id)}`"


def is_fair() -> str:
    """One author's many builds do not hold up another's."""
    return "one author's many builds do not hold up another's few"


def is_unfair() -> str:
    """They do."""
    return (
        "one author's many builds hold up everybody's; set matching.enableFairness to true in Temporal's"
        " dynamic configuration (deploy/temporal/dynamic-config.yaml)"
    )


def heartbeats_missing() -> str:
    """Nobody can tell whether a builder is alive."""
    return (
        "this Temporal does not keep workers' heartbeats, so that dead builders seem alive; "
        "run version 1.32 or newer, with deploy/temporal/dynamic-config.yaml"
    )


def heartbeats_kept() -> str:
    """A dead builder is known to be dead."""
    return "Temporal knows which workers are alive"


def broker_answers(address: str) -> str:
    """It is there and lets us in."""
    return f"it answers at {address}"


def consumed(consumers: int) -> str:
    """Somebody takes what comes."""
    return f"{consumers:,} {'consumer' if consumers == 1 else 'consumers'}"


def not_consumed(service: str) -> str:
    """It fills up."""
    return f"nobody consumes it, so it fills up; start `tickborg {service}`"


def dead_letters(count: int, queue: str) -> str:
    """Messages that nobody could use."""
    return (
        f"{count:,} {'message that waits' if count == 1 else 'messages that wait'} in {queue}"
        " could not be used; "
        "the log of the collector says why each was refused; when that is mended, "
        f"`rabbitmqctl purge_queue {queue}` on RabbitMQ's host removes them"
    )


def no_dead_letters() -> str:
    """Every message could be used."""
    return "empty"


def disk_free(free: int) -> str:
    """There is room."""
    return f"{in_units(free)} free"


def disk_full(free: int) -> str:
    """There will be none soon."""
    return (
        f"only {in_units(free)} free; make room, or keep less: [logs] log_storage_limit,"
        " [git] mirror_storage_limit, [rabbitmq] spool_limit"
    )
