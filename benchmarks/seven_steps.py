"""A workflow that does nothing, seven times."""

from datetime import timedelta

from temporalio import activity, workflow

STEPS = 7


@activity.defn(name="step")
async def step(number: int) -> int:
    """Do nothing."""
    return number


@workflow.defn(name="SevenSteps")
class SevenSteps:
    """One activity after the other."""

    @workflow.run
    async def run(self) -> int:
        """Return how many there were."""
        done = 0
        for number in range(STEPS):
            await workflow.execute_activity(step, number, start_to_close_timeout=timedelta(seconds=10))
            done += 1
        return done
