"""A workflow that imports a module of ours without saying that it is to be passed through."""

from temporalio import workflow

from tickborg.names import TASK_QUEUE


@workflow.defn
class Careless:
    """Loads ``tickborg.names`` anew for each of its runs."""

    @workflow.run
    async def run(self) -> str:
        """Say where it runs."""
        return TASK_QUEUE
