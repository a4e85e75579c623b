"""`Dockerfile`, held to the repository it copies and to the Compose file that builds it."""

import re

from tests.support.compose import DOCKERFILE, OURS, PROJECT, ROOT, SERVICES, TEXT

COPIED = re.findall(r"^COPY (?!--from)(\S+) \S+$|^COPY (?!--from)(.+) \./$", DOCKERFILE, re.MULTILINE)


def sources() -> list[str]:
    """Files and folders of the repository that go into an image."""
    return [name for one, several in COPIED for name in (one or several).split()]


def stages() -> list[tuple[str, str]]:
    """What each stage is made from, and its name."""
    return re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)


def test_stages_are_what_compose_builds() -> None:
    """Each is made from one before it; the first from an image that is pinned."""
    known: list[str] = []
    for base, name in stages():
        assert base in known or base == "python:3.11.15-slim-bookworm"
        known.append(name)
    assert len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == len(known)
    built = {SERVICES[name]["build"]["target"] for name in OURS}
    assert built == {"services", "builder"} < set(known)
    assert known[-1] == "services"
    for name in OURS:
        wanted = "builder" if name == "builder" else "services"
        assert SERVICES[name]["build"]["target"] == wanted
    assert SERVICES["builder"]["build"]["args"].keys() == set(
        re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE)
    )


def test_everything_that_is_copied_is_there_and_everything_that_is_installed_is_copied() -> None:
    """A package that is new must be named, or its import fails in the image alone."""
    assert [name for name in sources() if not (ROOT / name).exists()] == []
    packages = {name.partition(".")[0] for name in PROJECT["tool"]["setuptools"]["packages"]}
    assert packages == {name for name in sources() if (ROOT / name).is_dir()}
    read = {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], "pyproject.toml"}
    assert read | {"requirements.lock"} == {name for name in sources() if (ROOT / name).is_file()}


def test_nothing_else_is_sent_to_the_engine() -> None:
    """No secret, no history; what is copied is let through."""
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(sources())


def test_what_is_installed_is_what_is_locked() -> None:
    """By hash; the project itself from its wheel, which brings nothing along."""
    installs = [each.strip() for each in re.findall(r"pip install ([^\n\\]+)", DOCKERFILE)]
    assert installs == [
        "--require-hashes --no-deps --requirement requirements.lock",
        "--no-deps --no-index /wheels/*.whl",
    ]
    assert "pip wheel --no-deps --no-build-isolation --no-index" in DOCKERFILE
    assert "://" not in DOCKERFILE


def test_every_image_runs_as_a_user_without_rights() -> None:
    """Who is root in between, to install, is not at the end."""
    last: dict[str, str | None] = {}
    for stage in DOCKERFILE.split("\nFROM ")[1:]:
        base, name = re.match(r"(\S+) AS (\S+)", stage).groups()  # type: ignore[union-attr]
        users = re.findall(r"^USER (\S+)", stage, re.MULTILINE)
        last[name] = users[-1] if users else last.get(base)
    assert last["services"] == last["builder"] == "tickborg"
    assert "--uid 10001" in DOCKERFILE
    assert "uid=10001,gid=10001" in TEXT


def test_a_builder_has_a_sandbox_and_the_build_tools_that_are_tested() -> None:
    """All that the tests build with, but RabbitMQ, a browser and Compose."""
    tools = (ROOT / "deploy" / "install-test-tools").read_text()
    tested = set(re.findall(r"^need (\S+)", tools, re.MULTILINE))
    [installed] = re.findall(
        r"AS builder\n.*?recommends \\\n(.*?)\$\{EXTRA_PACKAGES\}", DOCKERFILE, re.DOTALL
    )
    everywhere = re.findall(r"AS runtime\n.*?recommends ([^\n]+)", DOCKERFILE, re.DOTALL)[0].split()
    assert tested - {"rabbitmq-server", "chromium", "docker-compose"} <= {*installed.split(), *everywhere}
    assert "util-linux" in installed
