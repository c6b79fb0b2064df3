"""What clients that hardly read leave to the others."""

import statistics

from slow_reader import slow_readers

READERS = 16
LIMIT = 8
ROUNDS = 2


def beside_slow_readers(sweetspot, seconds):
    """The goodput of 32 closed clients beside them over that alone, in turns, with the sidecar as it comes."""
    with sweetspot.backend("--model", "sleep", "--service-time", "10ms", "--parallelism", str(LIMIT)) as backend, \
            sweetspot.sidecar(backend.ready["listen"], "--limit.pin", str(LIMIT)) as sidecar:
        address = sidecar.ready["proxy"]

        def goodput(length):
            return sweetspot.run_load(f"http://{address}/", "-c", "32", "-z", f"{length}s", "--warm-up", "1s")["throughput"]
        alone, beside = [], []
        for _ in range(ROUNDS):
            alone.append(goodput(seconds))
            with slow_readers(address, READERS):
                beside.append(goodput(3 * seconds))
    found = {"alone": alone, "beside": beside, "ratio": statistics.median(b / a for a, b in zip(alone, beside))}
    print(f"\n{READERS} readers of 100 MB at 1 KB/s against a limit of {LIMIT}: the others have "
          + ", ".join(f"{b:.0f}/s of {a:.0f}/s" for a, b in zip(alone, beside)))
    return found
