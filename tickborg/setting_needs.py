"""Which settings a service cannot do without."""

from collections.abc import Mapping

from tickborg.services import Service
from tickborg.settings import Settings

Need = tuple[str, ...]
"""Settings, as ``section.key``, any one of which will do."""

_TEMPORAL: Need = ("temporal.address",)
_RABBITMQ: Need = ("rabbitmq.url", "rabbitmq.url_file")
_APP: tuple[Need, ...] = (("github.app_id",), ("github.private_key_file",))
_WEBHOOK: tuple[Need, ...] = (("github.webhook_secret_file",), ("policy.repos",))

NEEDS: Mapping[Service, tuple[Need, ...]] = {
    Service.UP: (*_APP, *_WEBHOOK),
    Service.WEBHOOK: (_TEMPORAL, _RABBITMQ, *_WEBHOOK),
    Service.WORKER: (_TEMPORAL, _RABBITMQ, *_APP),
    Service.BUILDER: (_TEMPORAL, _RABBITMQ),
    Service.LOGS: (_RABBITMQ,),
    Service.STATS: (_RABBITMQ,),
    Service.DASHBOARD: (_TEMPORAL, _RABBITMQ),
}


def missing_settings(settings: Settings, service: Service) -> tuple[str, ...]:
    """What ``service`` needs and ``settings`` lack, each as ``[section] key`` or ``… or …``."""
    lacking = (need for need in NEEDS[service] if not any(_is_set(settings, name) for name in need))
    return tuple(" or ".join(map(_shown, need)) for need in lacking)


def _is_set(settings: Settings, name: str) -> bool:
    section, key = name.split(".")
    return bool(getattr(getattr(settings, section), key))


def _shown(name: str) -> str:
    section, key = name.split(".")
    return f"[{section}] {key}"
