"""How unit tests are run."""

from hypothesis import HealthCheck, settings

# Time limits on examples, and on making them up, fail tests on a busy machine and find nothing;
# pytest-timeout ends a hang.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")
