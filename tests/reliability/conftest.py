import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import table  # noqa: E402


@pytest.fixture(scope="session")
def rows():
    collected = {}
    yield collected
    table.write(collected)


@pytest.fixture
def seen(rows):
    """seen(fault, what the sidecar did, what users saw): a row of the table of faults."""
    def add(fault, did, users):
        rows[fault] = (did, users)
    return add
