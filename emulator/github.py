"""The emulated GitHub itself: what exists on it, its clock and its ids, and who is told of what."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.changes import Changes
from emulator.faults import Faults
from emulator.git import GitStore
from emulator.journal import Journal
from emulator.payloads import events
from emulator.rates import Rates
from emulator.rendering import pull_request_text
from emulator.state import App, Installation, Repository, Role, Token, User
from emulator.webhooks import Webhooks

T = TypeVar("T")

# What an App such as ours asks for (https://docs.github.com/rest/authentication/permissions-required-for-github-apps).
BOT_PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
BOT_EVENTS = ("check_run", "check_suite", "issue_comment", "pull_request", "push")
# These an App is sent whatever it subscribes to
# (https://docs.github.com/apps/creating-github-apps/registering-a-github-app/using-webhooks-with-github-apps).
_ALWAYS_SENT = {
    ("check_run", "requested_action"),
    ("check_run", "rerequested"),
    ("check_suite", "requested"),
    ("check_suite", "rerequested"),
    ("installation", "created"),
    ("installation", "deleted"),
}
_FIRST_ID = 1_000_001


class EmulatedGitHub:
    """A GitHub that lives in this process, on one event loop.

    Make an App and repositories; `server.serve` it; act on it as `people.Person`s. `hourly_calls` is the
    primary rate limit of a caller, `token_lifetime` how long new installation tokens last; both may be
    changed at any time. `url` is its root, known once it is served.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        hourly_calls: int = 15_000,
        token_lifetime: timedelta = timedelta(hours=1),
    ) -> None:
        self.url = "http://127.0.0.1"
        self.hourly_calls = hourly_calls
        self.token_lifetime = token_lifetime
        self.users: dict[str, User] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[str, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self.journal = Journal()
        self.faults = Faults()
        self.rates = Rates()
        self.changes = Changes()
        self._clock = clock
        self._ids = count(_FIRST_ID)
        self.webhooks = Webhooks(self.now, self.next_id, self.changes.notify)

    def now(self) -> datetime:
        """The time, to the second, as GitHub keeps it."""
        return self._clock().replace(microsecond=0)

    def moment(self) -> datetime:
        """The time, exactly: for the journal and for tokens."""
        return self._clock()

    def next_id(self) -> int:
        """An id nothing else has."""
        return next(self._ids)

    def user(self, login: str, kind: Literal["User", "Organization", "Bot"] = "User") -> User:
        """The account `login`, made now if it is new. Logins ignore case."""
        found = self.users.get(login.casefold())
        if found is None:
            found = self.users[login.casefold()] = User(self.next_id(), login, kind)
        return found

    def create_app(  # noqa: PLR0913 - the form GitHub has for it
        self,
        slug: str,
        *,
        owner: str = "tick-owner",
        webhook_secret: str = "",
        permissions: dict[str, str] | None = None,
        events: Iterable[str] = BOT_EVENTS,
        private_key: str | None = None,
    ) -> App:
        """Register a GitHub App, whose bot is `slug[bot]`. Without `private_key` (PEM) a key is made."""
        private, public = _keys(private_key)
        app = App(
            id=self.next_id(),
            slug=slug,
            client_id=f"Iv23{token_hex(8)}",
            owner=self.user(owner),
            bot=self.user(f"{slug}[bot]", "Bot"),
            private_key=private,
            public_key=public,
            webhook_secret=webhook_secret,
            hook_id=self.next_id(),
            permissions=dict(permissions or BOT_PERMISSIONS),
            events=sorted(events),
            created_at=self.now(),
        )
        self.apps[app.id] = app
        return app

    def create_repository(
        self, full_name: str, path: Path, *, private: bool = False, default_branch: str = "main"
    ) -> Repository:
        """Put the bare repository at `path` on GitHub as `owner/name`; its branches are there from the start.

        Refs under `refs/pull/` will be written into it. Raises ValueError if `path` is no bare repository.
        """
        owner, name = full_name.split("/")
        git = GitStore(path)
        now = self.now()
        repository = Repository(
            id=self.next_id(),
            owner=self.user(owner),
            name=name,
            git=git,
            default_branch=default_branch,
            created_at=now,
            pushed_at=now,
            private=private,
            branches=git.branches(),
        )
        self.repositories[full_name.casefold()] = repository
        return repository

    def repository(self, full_name: str) -> Repository:
        """The repository `owner/name`, whatever the case. Raises KeyError if there is none."""
        return self.repositories[full_name.casefold()]

    def collaborate(self, repository: Repository, login: str, role: Role, *, hidden: bool = False) -> User:
        """Give an account a role in a repository; a `hidden` one does not show in `author_association`."""
        account = self.user(login)
        repository.collaborators[account] = role
        if hidden:
            repository.hidden_members.add(account)
        self.changes.notify()
        return account

    def install(self, app: App, *repositories: Repository) -> Installation:
        """Install an App on repositories of one account, and tell it so."""
        installed = Installation(
            id=self.next_id(),
            app=app,
            account=repositories[0].owner,
            repositories=list(repositories),
            permissions=dict(app.permissions),
            created_at=self.now(),
        )
        self.installations[installed.id] = installed
        payload = events.installation("created", installed, installed.account, self.url)
        self.webhooks.send(app, "installation", payload, installation=installed)
        self.changes.notify()
        return installed

    def ping(self, app: App) -> None:
        """Send `ping`, as GitHub does when a webhook is set up."""
        self.webhooks.send(app, "ping", events.ping(app, self.url))

    def person_token(self, login: str) -> str:
        """A personal access token: for REST as that person, and for git over HTTP."""
        token = Token(f"ghp_{token_hex(18)}", self.user(login))
        self.tokens[token.value] = token
        return token.value

    def issue_token(
        self,
        installation: Installation,
        permissions: dict[str, str],
        repositories: list[Repository] | None = None,
    ) -> Token:
        """An installation token, good for `token_lifetime`."""
        token = Token(
            value=f"ghs_{token_hex(18)}",
            user=installation.app.bot,
            expires_at=self.moment() + self.token_lifetime,
            installation=installation,
            permissions=permissions,
            repositories=repositories,
        )
        self.tokens[token.value] = token
        return token

    def revoke_tokens(self) -> None:
        """Make every token issued so far a bad credential."""
        self.tokens.clear()

    def announce(
        self,
        event: str,
        repository: Repository,
        sender: User,
        payload: dict[str, Any],
        *,
        only: App | None = None,
    ) -> None:
        """Something changed in `repository`: ring the bell, and send `payload` to the Apps that want `event`.

        With `only`, to no other App: what concerns one App's checks is told to that App.
        """
        for installed in self.installations.values():
            if not (repository in installed.repositories and only in {None, installed.app}):
                continue
            if _wants(installed.app, event, payload.get("action")):
                common = events.envelope(repository, sender, installed, self.url)
                self.webhooks.send(
                    installed.app, event, {**common, **payload}, installation=installed, repository=repository
                )
        self.changes.notify()

    async def until(self, predicate: Callable[[], T | None], *, within: float | None = 60.0) -> T:
        """Wait till `predicate()` is true and return what it gave; it is asked again at every change.

        Raises `NeverHappenedError` after `within` seconds (None: never), which shows what GitHub shows then.
        """
        return await self.changes.until(predicate, within=within, describe=self.describe)

    def describe(self) -> str:
        """All pull requests as a person sees them, and the last calls."""
        pulls = [pull_request_text(pull) for each in self.repositories.values() for pull in each.pulls]
        return "\n\n".join([*pulls, f"last calls:\n{self.journal.tail()}"])

    def close(self) -> None:
        """Let go of the repositories' files."""
        for repository in self.repositories.values():
            repository.git.close()


def _wants(app: App, event: str, action: str | None) -> bool:
    return event in app.events or (event, action) in _ALWAYS_SENT


def _keys(private_key: str | None) -> tuple[str, str]:
    """Private and public key in PEM: of the App's own key, or of a new one."""
    key = (
        _read(private_key) if private_key else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    encoding, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.TraditionalOpenSSL, no_password)
    public = key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def _read(private_key: str) -> rsa.RSAPrivateKey:
    # Whether the numbers are a sound key matters to nobody here, and to find out takes 50 ms.
    key = serialization.load_pem_private_key(
        private_key.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("an App's private key is an RSA key; make one with: openssl genrsa 2048")
    return key
