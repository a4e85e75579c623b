"""How unit tests are run."""

from hypothesis import settings

# A time limit on each example fails tests on a busy machine and finds nothing; pytest-timeout ends a hang.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
