"""Ratios of measurements taken in turn, with what can be said of them."""

import math
import statistics

# A share of the time in which a run was kept from its core. A round with a run beyond is repeated.
MOST_DISTURBED = 0.03
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
    """Takes measurements round by round until enough of them were undisturbed."""

    def __init__(self, count, random):
        self.count, self.random = count, random
        self.taken, self.rejected = [], 0

    def take(self, measures):
        """`measures`: name -> function that returns (value, disturbed share). All of them make a round."""
        names = list(measures)
        while len(self.taken) < self.count and len(self.taken) + self.rejected < MOST_TRIES * self.count:
            self.random.shuffle(names)
            found = {name: measures[name]() for name in names}
            if max(share for _, share in found.values()) > MOST_DISTURBED:
                self.rejected += 1
            else:
                self.taken.append({name: value for name, (value, _) in found.items()})
        return self

    def is_enough(self):
        return len(self.taken) == self.count

    def of(self, name):
        return [one[name] for one in self.taken]

    def ratio(self, ours, theirs):
        """Paired within each round; `ours` may name several, whose mean counts."""
        def mean(one):
            return statistics.mean(one[name] for name in ours)
        return summary([mean(one) / one[theirs] for one in self.taken])
