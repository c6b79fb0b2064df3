"""Which of ThreadSanitizer's reports are races of our code, where what gRPC does below it cannot be seen:
    races.py FOLDER     (of reports, as TSAN_OPTIONS' log_path writes them; fails where there are any)

gRPC and protobuf are not instrumented. By which locks they hand a call from thread to thread is unseen, and what their own
code and headers touch on both sides of it looks like a race. Races of ours are those where both accesses were made
by our code: where on the way from the access to its caller something of ours comes before anything of theirs.
"""

import collections
import pathlib
import re
import sys

OURS = re.compile(r"(?:^|/)((?:service|tuner|loadgen)/\S+?:\d+)")
NOBODYS = re.compile(r"/usr/include/(?:[^/]+/)?c\+\+/|libtsan|libstdc\+\+")  # the standard library's, on someone's behalf

# A reactor is made by one thread of gRPC's and ends on another, once gRPC is done with it. That the one comes before the
# other is gRPC's promise. An access of these is the making.
MAKERS = ("FileSender::FileSender(", "ApiService::ExportWindows(", "ApiService::Watch(", "Watcher::make(", "Watcher::Watcher(")


def is_making(stack):
    return any(name in stack[0] for name in MAKERS)


def accesses(report):
    """The stacks of both accesses, each from the access outwards, without what belongs to nobody."""
    parts = [part for part in re.split(r"\n\s*\n", report) if re.search(r"(?i)(read|write) of size", part)]
    return [[frame for frame in re.findall(r"#\d+ (.*)", part) if not NOBODYS.search(frame)] for part in parts[:2]]


def races(text):
    """What both accesses of a report were made by, for each report that is ours."""
    for report in text.split("=" * 18 + "\n"):
        if "ThreadSanitizer: data race" not in report:
            continue
        stacks = accesses(report)
        places = [OURS.search(stack[0]) for stack in stacks if stack]
        if len(places) == 2 and all(places) and not any(is_making(stack) for stack in stacks):
            yield tuple(sorted(place[1] for place in places)), report


def main(folder):
    found, first, files = collections.Counter(), {}, sorted(pathlib.Path(folder).iterdir())
    for file in files:
        for places, report in races(file.read_text(errors="replace")):
            found[places] += 1
            first.setdefault(places, report)
    for places, count in found.items():
        print(f"{count} x {' and '.join(places)}\n{first[places]}")
    print(f"{len(found)} races of ours in the reports of {len(files)} programs")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1])
