"""The statistics of compare.py."""

import pytest

from compare import interval, is_slower, rank


@pytest.mark.parametrize("n,expected", [(6, 1), (7, 1), (8, 1), (9, 2), (12, 3), (20, 6)])
def test_the_ranks_are_those_of_the_sign_test(n, expected):
    assert rank(n) == expected


def test_too_few_rounds_give_no_interval():
    with pytest.raises(ValueError, match="too few"):
        rank(5)


def test_an_interval_contains_the_median_and_no_outliers():
    assert interval([1.0, 0.2, 1.1, 0.9, 1.05, 0.95, 5.0, 1.02, 0.98]) == (0.9, 1.0, 1.1)


def test_a_row_fails_only_where_the_whole_interval_is_below_the_floor():
    assert is_slower([0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96])
    assert not is_slower([0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.98])
    assert not is_slower([1.0] * 7)


def test_one_fast_round_does_not_hide_a_slower_rate():
    assert is_slower([0.9] * 8 + [1.2])
