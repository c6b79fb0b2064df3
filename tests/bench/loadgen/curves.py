"""How often the knee of a simulated pool of 16 threads is found, through the command that users have."""

import math
import random
import subprocess

KNEE = 16
LOW = 0.8  # a confidence below it is a low one


def curve(noise, random_):
    """Throughput and p99 of a pool of 16 threads, 10 ms a request, that so many clients drive; as CSV."""
    rows = ["pool_size,throughput,p99_ms,relative_ci"]
    for size in (1, 2, 4, 8, 16, 32, 64, 128):
        throughput = 100 * min(size, KNEE) * math.exp(random_.gauss(0, noise))
        rows.append(f"{size},{throughput:.3f},{1e3 * size / throughput:.4f},{1.96 * noise:.5f}")
    return "\n".join(rows) + "\n"


def judged(tool, text):
    """The sweet spot (None where it was not reached) and the confidence."""
    out = subprocess.run([tool, "knee", "-"], input=text, capture_output=True, text=True, check=True).stdout
    lines = out.splitlines()
    answer = lines[-1].removeprefix("sweet spot: ").split(" (")[0]
    confidence = next((float(line.split("confidence ")[1].split(" %")[0]) / 100 for line in lines
                       if "confidence " in line), 0.0)
    return (None if answer == "not reached" else int(answer)), confidence


def scored(tool, noise, seed, curves=200):
    random_ = random.Random(seed)
    within, doubled_and_sure = 0, 0
    for _ in range(curves):
        answer, confidence = judged(tool, curve(noise, random_))
        off = abs(math.log((answer or 1000) / KNEE))
        within += off <= math.log(1.25)
        doubled_and_sure += off > math.log(2) + 1e-9 and confidence >= LOW
    return {"noise": noise, "curves": curves, "within_1.25": within / curves, "doubled_and_sure": doubled_and_sure}
