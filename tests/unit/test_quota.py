"""Which calls yield while little of GitHub's quota is left."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import NOON
from tickborg.quota import WINDOW, Purpose, Quota, is_news, left, newer, put_off_until, reserve

QUOTAS = st.builds(
    Quota,
    limit=st.integers(0, 15_000),
    remaining=st.integers(0, 15_000),
    resets_at=st.timedeltas(timedelta(-1), timedelta(1)).map(lambda ahead: NOON + ahead),
)


@pytest.mark.parametrize(
    ("remaining", "minutes", "made"),
    [
        (5_000, 60, {"result", "progress", "step"}),
        (1_000, 60, {"result", "progress", "step"}),
        (999, 60, {"result", "progress"}),
        (500, 60, {"result", "progress"}),
        (499, 60, {"result"}),
        (1, 60, {"result"}),
        (0, 60, set()),
        (499, 30, {"result", "progress"}),
        (99, 6, {"result", "progress"}),
        (100, 6, {"result", "progress", "step"}),
        (0, 0, {"result", "progress", "step"}),
        (4_999, 600, {"result", "progress", "step"}),
    ],
)
def test_steps_yield_first_and_results_never(remaining: int, minutes: int, made: set[str]) -> None:
    """A fifth of the hour's calls is kept from steps, a tenth from progress; less as the hour goes by."""
    quota = Quota(5_000, remaining, NOON + timedelta(minutes=minutes))
    assert {purpose for purpose in Purpose if put_off_until(quota, purpose, NOON) is None} == made


@given(QUOTAS, st.sampled_from(Purpose))
def test_nothing_waits_longer_than_for_new_calls(quota: Quota, purpose: Purpose) -> None:
    """And a result waits only when there is no call at all."""
    until = put_off_until(quota, purpose, NOON)
    assert until in {None, quota.resets_at}
    if until is not None:
        assert until > NOON
        assert quota.remaining < reserve(quota, purpose, NOON) <= max(1, quota.limit)
        assert purpose is not Purpose.RESULT or quota.remaining == 0


@given(QUOTAS)
def test_what_matters_more_is_never_put_off_for_what_matters_less(quota: Quota) -> None:
    """Whatever the numbers are, also when the window is longer than an hour."""
    reserves = [reserve(quota, purpose, NOON) for purpose in (Purpose.RESULT, Purpose.PROGRESS, Purpose.STEP)]
    assert reserves == sorted(reserves)
    later = [reserve(quota, Purpose.STEP, NOON + WINDOW * n / 10) for n in range(20)]
    assert later == sorted(later, reverse=True)


def quota(remaining: int, minutes: float = 60, limit: int = 5_000) -> Quota:
    """So many calls are left, and there are new ones in so many minutes."""
    return Quota(limit, remaining, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("read", "told", "news"),
    [
        (quota(5_000), None, True),
        (quota(4_951), quota(5_000), False),
        (quota(4_950), quota(5_000), True),
        (quota(5_000), quota(4_000), False),
        (quota(5_000, 120), quota(4_000), True),
        (quota(3_990, 60.5), quota(4_000), False),
        (quota(1), quota(40), False),
        (quota(0), quota(1), True),
        (quota(0), quota(0), False),
        (quota(4_999, limit=15_000), quota(4_999), True),
    ],
)
def test_operators_are_told_about_a_hundred_times_an_hour(
    read: Quota, told: Quota | None, *, news: bool
) -> None:
    """And whenever there are none left, or new ones; an answer that another has overtaken is no news."""
    assert is_news(read, told) is news


@pytest.mark.parametrize(
    ("read", "known", "expected"),
    [
        (quota(10), None, quota(10)),
        (quota(10), quota(9), quota(9)),
        (quota(8, 60.5), quota(9), quota(8, 60.5)),
        (quota(8, 59.5), quota(9), quota(8, 59.5)),
        (quota(4_000, 120), quota(9), quota(4_000, 120)),
        (quota(9), quota(4_000, 120), quota(4_000, 120)),
        (quota(9_000, limit=15_000), quota(10), quota(9_000, limit=15_000)),
    ],
)
def test_of_two_readings_the_one_of_later_calls_is_believed(
    read: Quota, known: Quota | None, expected: Quota
) -> None:
    """Workers are heard in any order, and their clocks differ by a little."""
    assert newer(read, known) == expected


def test_a_new_hour_brings_back_all_calls() -> None:
    """Whether or not somebody has made one since."""
    read = quota(10, minutes=5)
    assert [left(read, NOON + timedelta(minutes=minute)) for minute in (4, 5)] == [10, 5_000]
