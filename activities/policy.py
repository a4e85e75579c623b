"""The operator's settings, as far as workflows act on them (design, section 6)."""

from temporalio import activity

from tickborg.policy import Policy


class PolicyActivities:
    """Hands the worker's own policy to its workflows.

    It is an activity and not a constructor argument of the workflow, so that the policy a decision was
    made under is in the history and a replay decides the same after the operator has changed it.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @activity.defn(name="policy")
    async def policy(self) -> Policy:
        """The policy of this worker; it asks nobody, so a retry gives the same."""
        return self._policy
