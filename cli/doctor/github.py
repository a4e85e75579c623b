"""The GitHub App: who it is, what it may do, what it hears, and whether the clocks agree."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

from activities.clients.github.examination import AppExamination, Hook, server_time
from activities.clients.github.transport import GitHubTransport, new_http_client
from activities.clock import utc_now
from cli import configured, credentials
from cli.services import PROGRAM
from tickborg import diagnosis
from tickborg.diagnosis import Finding, fine, unknown, wrong
from tickborg.errors import TickborgError, UnavailableError
from tickborg.github_app import WEBHOOK_PATHS
from tickborg.settings import Settings
from tickborg.texts import findings as texts


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the App that is configured."""
    if settings.github.app_id is None and settings.github.private_key_file is None:
        yield unknown("App", texts.not_configured("[github] app_id"))
        return
    access = configured.github_access(settings)
    async with new_http_client() as client:
        theirs = await server_time(client, access.api_url)
        yield diagnosis.clock("GitHub", utc_now().replace(microsecond=0) - theirs)
        transport = GitHubTransport(client, PROGRAM, access.app, base_url=access.api_url)
        async for finding in _app(AppExamination(transport)):
            yield finding
    yield _webhook_secret(settings)


async def _app(examination: AppExamination) -> AsyncIterator[Finding]:
    try:
        app = await examination.app()
    except UnavailableError:
        raise
    except TickborgError as error:
        yield wrong("App", str(error))
        return
    yield fine("App", texts.app_known(app.slug))
    yield diagnosis.permissions("the App", app.permissions, of_app=True)
    yield diagnosis.events(app.events)
    for finding in diagnosis.installations(await examination.installations()):
        yield finding
    hook = await examination.hook()
    for finding in (
        *_hook(hook),
        *diagnosis.deliveries(await examination.last_deliveries(utc_now()), hook.url or "the webhook"),
    ):
        yield finding


def _hook(hook: Hook) -> Iterator[Finding]:
    if not hook.url:
        yield wrong("webhook", texts.hook_missing())
    elif urlsplit(hook.url).path not in WEBHOOK_PATHS:
        yield wrong("webhook", texts.hook_elsewhere(hook.url, WEBHOOK_PATHS))
    elif not hook.checks_certificates and urlsplit(hook.url).scheme == "https":
        yield wrong("webhook", texts.hook_without_tls_check(hook.url))
    else:
        yield fine("webhook", texts.hook_set(hook.url))


def _webhook_secret(settings: Settings) -> Finding:
    """Only the webhook service has it, on a host that may be another."""
    if credentials.webhook_secret(settings.github) is None:
        return unknown("webhook secret", texts.not_configured("[github] webhook_secret_file"))
    return fine("webhook secret", texts.secret_read())
