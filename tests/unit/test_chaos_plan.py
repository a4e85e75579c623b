"""The plan of a chaos run."""

from collections import Counter
from itertools import pairwise

import pytest

from tests.chaos.calamities import CUT_OFF, LANES, SERVICES, SMALL_DISK
from tests.chaos.plan import Close, Open, Plan, Push, PushTrunk, Ready, Reopen, Say, plan

PULLS = 100


@pytest.fixture(scope="module")
def planned() -> Plan:
    """The one of CI."""
    return plan(1, PULLS)


def test_the_same_seed_is_the_same_plan() -> None:
    """To the word; and another seed is another."""
    assert str(plan(7, 20)) == str(plan(7, 20))
    assert str(plan(7, 20)) != str(plan(8, 20))


def test_all_happens_that_shall_happen(planned: Plan) -> None:
    """Pull requests of all kinds, and every act of people."""
    opened = [due.act for due in planned.acts if isinstance(due.act, Open)]
    assert [act.pull for act in opened] == list(range(1, PULLS + 1))
    assert {(act.draft, act.conflicting, not act.recipes) for act in opened} >= {
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    }
    kinds = Counter(type(due.act) for due in planned.acts)
    assert all(kinds[kind] > 3 for kind in (Push, Say, Close, Reopen, Ready, PushTrunk))
    assert any(due.act.forced for due in planned.acts if isinstance(due.act, Push))


def test_every_fault_happens_whatever_the_seed() -> None:
    """Each once at least, and every process is a victim."""
    expected = Counter((victim, what) for lane in LANES for victim, what, _ in lane)
    for seed in range(20):
        assert Counter((fault.victim, fault.what) for fault in plan(seed, 1).faults) == expected
    victims = {victim for victim, _ in expected}
    assert {name for name in SERVICES if not {name, f"{name.partition('-')[0]}-*"} & victims} == set()
    assert {f"disk of {SMALL_DISK}", f"network of {CUT_OFF}"} <= victims


def test_faults_of_one_victim_do_not_meet() -> None:
    """One is mended before the next begins."""
    for seed in range(20):
        faults = plan(seed, 1).faults
        for lane in LANES:
            mine = [fault for fault in faults if fault.victim in {victim for victim, _, _ in lane}]
            ordered = sorted(mine, key=lambda fault: fault.at)
            pairs = pairwise(ordered)
            assert all(one.until < other.at for one, other in pairs)


def test_nobody_does_what_cannot_be_done() -> None:
    """What is closed is only reopened, and what has projects is not merged: others would be in conflict."""
    for seed in range(20):
        closed: set[int] = set()
        changed: set[int] = set()
        for due in plan(seed, PULLS).acts:
            act = due.act
            if isinstance(act, PushTrunk):
                continue
            assert (act.pull in closed) == isinstance(act, Reopen), due
            if isinstance(act, Close):
                assert not (act.merged and act.pull in changed), due
                closed.add(act.pull)
            if isinstance(act, Reopen):
                closed.remove(act.pull)
            if isinstance(act, Open | Push) and act.recipes:
                changed.add(act.pull)


def test_scale_stretches_everything() -> None:
    """A minute in which Temporal is away, and the acts meanwhile, instead of ten seconds."""
    brief, long = plan(3, 10), plan(3, 10, scale=6)
    assert [due.at for due in long.acts] == pytest.approx([6 * due.at for due in brief.acts])
    assert [fault.lasts for fault in long.faults] == pytest.approx(
        [6 * fault.lasts for fault in brief.faults]
    )
    assert [due.act for due in long.acts] == [due.act for due in brief.acts]
