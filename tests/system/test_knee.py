"""The document's worked example through `sweetspot-load knee`."""

import random
import subprocess

import pytest

HEADER = "pool_size,throughput,p50_ms,p99_ms,threads"
TABLE = ["1,100,10,10,5", "4,400,10,10,8", "8,600,13,15,12", "16,700,23,30,20", "32,720,44,80,36", "64,720,89,200,70"]


def knee(sweetspot, file, *flags):
    return subprocess.run([sweetspot.folder / "sweetspot-load", "knee", file, *flags], capture_output=True,
                          text=True, timeout=20)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("objective, answer", [("balanced", "8"), ("throughput", "16")])
def test_the_documents_table_in_any_order(sweetspot, tmp_path, seed, objective, answer):
    rows = random.Random(seed).sample(TABLE, len(TABLE)) if seed else TABLE
    file = tmp_path / "table.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    done = knee(sweetspot, file, "--objective", objective)
    assert done.stdout.splitlines()[-1] == f"sweet spot: {answer} ({objective})"


def test_without_the_optional_columns(sweetspot, tmp_path):
    file = tmp_path / "table.csv"
    cells = [row.split(",") for row in TABLE]
    file.write_text("pool_size,throughput,p99_ms\n" + "".join(f"{c[0]},{c[1]},{c[3]}\n" for c in cells))
    assert knee(sweetspot, file, "--objective", "balanced").stdout.splitlines()[-1] == "sweet spot: 8 (balanced)"


def test_a_curve_that_still_rises_is_not_reached(sweetspot, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text(HEADER + "\n" + "".join(f"{n},{100 * n},10,10,{n}\n" for n in (1, 2, 4, 8, 16)))
    done = knee(sweetspot, file, "--objective", "balanced")
    assert done.stdout.splitlines()[-1] == "sweet spot: not reached (balanced)"


@pytest.mark.parametrize("text, words", [
    ("", ["pool_size"]),
    ("pool_size,p99_ms\n1,2\n", ["throughput"]),
    (HEADER + "\n1,fast,1,1,1\n", ["line 2", "throughput", "fast"]),
    (HEADER + "\n0,100,1,1,1\n", ["line 2", "pool_size", "0"]),
    (HEADER + "\n1,100\n", ["line 2"]),
])
def test_a_bad_table_is_named(sweetspot, tmp_path, text, words):
    file = tmp_path / "table.csv"
    file.write_text(text)
    done = knee(sweetspot, file, "--objective", "balanced")
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
