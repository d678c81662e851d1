"""Ids: no two alike from one process, however fast they are asked for; written and read back."""

from caseapp.ids import new_id, read, written


def test_a_hundred_thousand_ids_made_at_once_are_all_different():
    made = [new_id() for _ in range(100_000)]
    assert len(set(made)) == len(made)
    assert max(made) < 1 << 63


def test_an_id_is_read_back_from_its_address():
    value = new_id()
    assert read(written(value)) == value
