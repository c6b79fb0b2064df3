"""Sidecars of one fleet, with backends and clients of their own, and what their decision logs say."""

import json

TERM = 3.0  # seconds, of the Lease: the least that is allowed


class Replica:
    """A sidecar with a backend and clients of its own, and its decisions."""

    def __init__(self, stack, sweetspot, url, credentials, folder, name, *flags, lease="api"):
        self.name, self.sweetspot = name, sweetspot
        self.log = folder / f"{name}.decisions"
        backend = stack.enter_context(sweetspot.backend("--model", "disk", "--service-time", "10ms"))
        self.sidecar = stack.enter_context(sweetspot.sidecar(
            backend.ready["listen"], "--fleet.lease", lease, "--fleet.server", url, "--fleet.term", "3s",
            "--fleet.credentials", credentials, "--decisions.file", self.log, "--limit.initial", "8", *flags))
        self.load = stack.enter_context(sweetspot.load(
            "run", f"http://{self.sidecar.ready['proxy']}/", "-c", "40", "-z", "3m", "--output", "json"))

    def status(self):
        return self.sweetspot.status(self.sidecar.ready["control"])

    def decisions(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def turns(self):
        """(begin, end) in seconds of each turn; the end of one that goes on is infinity."""
        spans = []
        for made in self.decisions():
            at = int(made["unix_time_ms"]) / 1000
            if made["reason"] == "turn_began":
                spans.append([at, float("inf")])
            elif made["reason"] == "turn_ended":
                spans[-1][1] = at
        return spans

    def explored(self):
        """When it judged a probe from hold: a comparison after the first time that it held."""
        held, judged = False, []
        for made in self.decisions():
            if held and "lo" in made and "hi" in made:
                judged.append(int(made["unix_time_ms"]) / 1000)
            held = held or made["state"] == "hold"
        return judged


def overlaps(replicas):
    spans = sorted((begin, end, r.name) for r in replicas for begin, end in r.turns())
    return [(a, b) for a, b in zip(spans, spans[1:]) if b[0] < a[1]]
