import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import tables  # noqa: E402

HEADER = ("fault", "what was seen", "what users saw, beside 200")


@pytest.fixture(scope="session")
def rows():
    """The table of faults; SWEETSPOT_FAULT_TABLE names the page that this run writes it into."""
    collected = []
    yield collected
    if collected:
        tables.write(os.environ.get("SWEETSPOT_FAULT_TABLE"), "faults", tables.render(HEADER, collected))


@pytest.fixture
def seen(rows):
    """seen(fault, what the sidecar did, what users saw): a row of the table of faults."""
    def add(fault, did, users):
        rows.append((fault, did, users))
    return add
