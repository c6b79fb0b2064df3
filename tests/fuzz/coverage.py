"""How much of our sources the inputs of a fuzzer's run reach:   FUZZER -runs=0 -print_coverage=1 ... | coverage.py

One row a file, and their sum; an edge is a step from one place of a function to the next, those of exceptions included.
A file of which nothing is reached is another fuzzer's.
"""

import collections
import re
import sys

LEAST = 0.1
FUNCTION = re.compile(r"COVERED_FUNC: hits: \d+ edges: (\d+)/(\d+) .*/((?:tuner|service|loadgen)/\S+):\d+$")


def files(lines):
    """Of each file: the edges that were reached, and all. What was compiled into several parts counts once, at its best."""
    functions = {}
    for line in lines:
        found = FUNCTION.search(line)
        if found:
            reached, edges = int(found[1]), int(found[2])
            place = line.split(" edges: ")[1].split(" ", 1)[1]
            functions[place] = max(functions.get(place, (0, 0, "")), (reached, edges, found[3]))
    sums = collections.defaultdict(lambda: [0, 0])
    for reached, edges, file in functions.values():
        sums[file][0] += reached
        sums[file][1] += edges
    return {file: edges for file, edges in sums.items() if edges[0]}


def main():
    rows = sorted(files(sys.stdin).items())
    if not rows:
        sys.exit("coverage: nothing of ours in it; is llvm-symbolizer there?")
    rows.append(("all of these", [sum(row[1][i] for row in rows) for i in (0, 1)]))
    for name, (reached, edges) in rows:
        print(f"{name:<44} {reached:>6} of {edges:>6} edges {reached / edges:>6.1%}")
    if reached < LEAST * edges:  # the sum's
        sys.exit(f"coverage: less than {LEAST:.0%}; are the seeds of a format that is no more?")


if __name__ == "__main__":
    main()
