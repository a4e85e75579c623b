"""The demo as a person sees it: what happens, as it happens, and then what GitHub shows."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from rich.console import Console
from rich.markup import escape

from cli.demo import sample
from cli.demo.scenes import SCENES, Scene, Stage
from cli.embedded import EmbeddedBot, embedded_bot, policy_of_this_machine
from cli.folders import Folders
from cli.state_folder import state_folder
from cli.watching import Narrator, clock, settled
from emulator import EmulatedGitHub, branch_text, pull_request_text
from emulator.state import PullRequest

SCENE_SECONDS = 300.0
"""How long one pull request may take; the slowest machines configure CMake in half a minute."""

_SECRET = "the demo's own"  # noqa: S105 - it guards an emulated GitHub on loopback


async def demo(console: Console, state: Path | None, *, keep: bool) -> None:
    """Play every scene and show what came of it.

    Args:
        console: where to draw.
        state: the folder for all state; None: a temporary one.
        keep: leave everything running at the end, until interrupted.
    """
    with state_folder(state) as folder:
        monorepo = sample.sample()
        repository_path = folder / "github" / "monorepo.git"
        sample.create(repository_path, monorepo.contents)
        github = EmulatedGitHub()
        repository = github.create_repository("example/monorepo", repository_path)
        app = github.create_app("tickborg", webhook_secret=_SECRET)
        github.install(app, repository)
        github.collaborate(repository, "maya", "write")
        async with embedded_bot(
            github, app, Folders(folder), policy_of_this_machine(), quick=False, ui=True
        ) as bot:
            _introduce(console, bot, monorepo, folder)
            pulls = await _play(console, bot, Stage(github, repository, monorepo.contents))
            await _conclude(console, bot, pulls, Folders(folder))
            if keep:
                console.print("\neverything stays up until you press Ctrl-C", style="bold")
                await asyncio.Event().wait()


def _introduce(console: Console, bot: EmbeddedBot, monorepo: sample.Sample, folder: Path) -> None:
    console.print("tickborg demo", style="bold")
    rows = {
        "GitHub, emulated": f"{bot.github_url}/example/monorepo/pull/1",
        "dashboard": f"{bot.bot.dashboard_url}/example/monorepo/pull/1",
        "Temporal Web UI": bot.temporal_ui or "none",
        "metrics": bot.bot.metrics_url,
        "logs and stats": bot.broker,
        "builds run in": bot.sandbox,
        "all state": str(folder),
        "projects": ", ".join(monorepo.projects),
    }
    for project, tool in monorepo.left_out.items():
        rows[f"left out: {project}"] = f"{tool} is not installed"
    for name, value in rows.items():
        console.print(f"  {name:<18} {escape(value)}", highlight=False, soft_wrap=True)


async def _play(console: Console, bot: EmbeddedBot, stage: Stage) -> list[PullRequest]:
    def tell(subject: str, name: str, text: str) -> None:
        now = clock(datetime.now(UTC))
        console.print(
            f"  {now}  {subject:<4}  {name:<42}  {text}", markup=False, highlight=False, soft_wrap=True
        )

    narrator = Narrator(stage.github, tell)
    narrating = asyncio.create_task(narrator.run())
    try:
        for place, scene in enumerate(SCENES, 1):
            await _play_scene(console, bot, stage, place, scene)
            narrator.tell_news()
        return list(stage.repository.pulls)
    finally:
        narrating.cancel()
        await asyncio.wait([narrating])


async def _play_scene(console: Console, bot: EmbeddedBot, stage: Stage, place: int, scene: Scene) -> None:
    console.print(f"\n{place}. {scene.title}", style="bold", highlight=False, soft_wrap=True)
    pull = await scene.play(stage)
    if pull is not None:
        await settled(stage.github, bot.client, pull, within=SCENE_SECONDS)


async def _conclude(console: Console, bot: EmbeddedBot, pulls: list[PullRequest], folders: Folders) -> None:
    console.print("\nWhat GitHub shows", style="bold")
    for pull in pulls:
        console.print(f"\n{pull_request_text(pull)}", markup=False, highlight=False, soft_wrap=True)
    branch = branch_text(bot.github.repositories["example/monorepo"], "main")
    console.print(f"\n{branch}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nLogs", style="bold")
    for line in _logs(folders.logs):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nMetrics", style="bold")
    for line in await _metrics(bot.bot.metrics_url):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nTemporal Web UI  {bot.temporal_ui}", highlight=False)


def _logs(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
        metadata = json.loads(path.read_text())
        what = f"{metadata['project']} on {metadata['system']}"
        yield f"{path.with_suffix('.log')}  {what}: {metadata['status']}"


async def _metrics(url: str) -> list[str]:
    """What was counted, without the histograms' buckets and what stayed at zero."""
    async with httpx2.AsyncClient() as http:
        text = (await http.get(url)).text
    counted = (line for line in text.splitlines() if line.startswith("tickborg_") and "_bucket" not in line)
    return [line for line in counted if not line.endswith(" 0.0")]
