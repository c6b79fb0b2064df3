"""Ratios of measurements taken in turn, with what can be said of them."""

import math
import statistics

MOST_TRIES = 3


def interval(values):
    """Of the median, by order statistics: the narrowest that is held in 95 % of all cases, else the range."""
    ordered, n = sorted(values), len(values)
    tail, rank = 0.0, 0
    while rank < n // 2:
        tail += math.comb(n, rank) / 2 ** n
        if 2 * tail > 0.05:
            break
        rank += 1
    rank = max(rank - 1, 0)
    return ordered[rank], ordered[n - 1 - rank]


def summary(values):
    low, high = interval(values)
    return {"median": statistics.median(values), "low": low, "high": high}


class Rounds:
    """Takes measurements round by round until enough of them were undisturbed: none of a round's runs
    was kept from its core for a larger share of the time than `most_disturbed`."""

    def __init__(self, count, random, most_disturbed):
        self.count, self.random, self.most_disturbed = count, random, most_disturbed
        self.taken, self.rejected, self.disturbed = [], 0, []

    def take(self, measures):
        """`measures`: name -> function that returns (value, disturbed share). All of them make a round."""
        names = list(measures)
        while len(self.taken) < self.count and len(self.taken) + self.rejected < MOST_TRIES * self.count:
            self.random.shuffle(names)
            found = {name: measures[name]() for name in names}
            self.disturbed.append(max(share for _, share in found.values()))
            if self.disturbed[-1] > self.most_disturbed:
                self.rejected += 1
            else:
                self.taken.append({name: value for name, (value, _) in found.items()})
        return self

    def is_enough(self):
        return len(self.taken) == self.count

    def verdict(self):
        return (f"{len(self.taken)} of {self.count} rounds, {self.rejected} rejected, kept from the core for "
                f"{min(self.disturbed):.0%} to {max(self.disturbed):.0%}")

    def of(self, name):
        return [one[name] for one in self.taken]

    def ratio(self, ours, theirs):
        """Paired within each round; `ours` may name several, whose mean counts."""
        def mean(one):
            return statistics.mean(one[name] for name in ours)
        return summary([mean(one) / one[theirs] for one in self.taken])
