"""How unit tests are run."""

import os

from hypothesis import HealthCheck, settings

# Time limits on examples, and on making them up, fail tests on a busy machine and find nothing;
# pytest-timeout ends a hang.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A change is not to be refused for what a new random example finds in code that it did not touch: CI tries
# the same examples each time, and people others.
settings.register_profile("ci", settings.get_profile("unit"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "unit")
