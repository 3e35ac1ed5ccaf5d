"""Which process of a test run does which tests."""

import random
from collections import Counter

import pytest

from tests.turns import SOONER, dealt

KINDS = {"alone": 12, "slow": 50, "": 900}
MODULES = {"journey": 4, "eyes": 2, "ups": 9, "estate": 4, "new": 1}


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_every_process_gets_as_much_and_shares_no_console(processes: int) -> None:
    tests = [(kind, kind, number) for kind, many in KINDS.items() for number in range(many)]
    tests += [("up", module, number) for module, many in MODULES.items() for number in range(many)]
    random.shuffle(tests)
    order = dealt(tests, processes, lambda test: test[0], lambda test: test[1])
    assert sorted(order) == sorted(tests)
    stretches, left = [], order
    for number in range(processes):
        size = len(left) // (processes - number)
        stretches.append(left[:size])
        left = left[size:]
    where = {
        (test[1], number) for number, stretch in enumerate(stretches) for test in stretch if test[0] == "up"
    }
    assert len(where) == len(MODULES)
    counts = Counter(number for _, number in where)
    assert len(counts) == min(processes, len(MODULES))
    assert all(test[0] == "alone" for test in stretches[0][: KINDS["alone"]])
    for stretch in stretches[1:]:
        assert all(test[0] == "" for test in stretch[:SOONER])
