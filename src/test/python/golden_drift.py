"""Prints what drift detectors find in streams of errors, for DriftDetectorTest:

    golden_drift.py > src/test/resources/golden/drift.csv

With --table, a table of how ours, River's and MOA's differ. Written from the rules of their sources
(River at 063ca61d: drift/adwin_c.pyx, drift/page_hinkley.py; MOA: driftdetection/ADWIN.java,
PageHinkleyDM.java), with variances that are carried along as there, which ours does not do.
"""
import math
import sys

MASK = (1 << 64) - 1
BATCH = 16

# seed, images and chance of an error before the change, and after it
STREAMS = [
    (seed, 20000, before, 5000, after)
    for seed, (before, after) in enumerate(
        [
            (0.08, 0.95), (0.08, 0.5), (0.08, 0.2), (0.08, 0.12), (0.02, 0.9), (0.02, 0.1),
            (0.25, 0.9), (0.25, 0.35), (0.5, 0.55), (0.5, 0.1), (0.08, 0.08), (0.9, 0.08),
        ]
    )
]

# in which it matters that a half has five images or more, and not four or six
SHORT = [(0, 22, 0.0, 122, 1.0), (1, 53, 0.05, 123, 0.8), (2, 53, 0.3, 123, 0.9)]


def errors(seed, n0, p0, n1, p1):
    """1 where an image is wrong: a uniform number of SplitMix64 below its chance."""
    state = seed
    for i in range(n0 + n1):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        yield 1 if (z >> 40) * 2.0**-24 < (p0 if i < n0 else p1) else 0


class Adwin:
    """ADWIN. What it finds is +1 for a rise, -1 for a fall, 0 for nothing."""

    def __init__(self, last_of_row=True, fewest=5, anew=True, clock=32):
        self.last_of_row = last_of_row  # River leaves the last bucket of each row out
        self.fewest = fewest  # MOA: more than 6 images a side
        self.anew = anew  # MOA goes on with the window that is left
        self.clock = clock
        self.begin()
        self.tick = 0

    def begin(self):
        self.rows = [[]]  # of (total, variance), oldest first
        self.width = self.total = self.variance = 0.0

    def insert(self, x):
        self.rows[0].append((x, 0.0))
        self.width += 1
        if self.width > 1:
            mean = self.total / (self.width - 1)
            self.variance += (self.width - 1) * (x - mean) ** 2 / self.width
        self.total += x
        row = 0
        while row < len(self.rows) and len(self.rows[row]) == 6:
            if row + 1 == len(self.rows):
                self.rows.append([])
            n = 2.0**row
            (u1, v1), (u2, v2) = self.rows[row][:2]
            merged = (u1 + u2, v1 + v2 + n * n * (u1 / n - u2 / n) ** 2 / (n + n))
            self.rows[row + 1].append(merged)
            del self.rows[row][:2]
            row += 1

    def delete(self):
        row = len(self.rows) - 1
        n = 2.0**row
        u, v = self.rows[row].pop(0)
        self.width -= n
        self.total -= u
        self.variance -= v + n * self.width * (u / n - self.total / self.width) ** 2 / (n + self.width)
        while len(self.rows) > 1 and not self.rows[-1]:
            self.rows.pop()

    def cuts(self):
        """The differences of means, later less earlier, of the cuts at which they are too large."""
        n0, u0 = 0.0, 0.0
        n1, u1 = self.width, self.total
        d = math.log(2 * math.log(self.width) / 0.002)
        for row in range(len(self.rows) - 1, -1, -1):
            buckets = self.rows[row] if self.last_of_row else self.rows[row][:-1]
            for u, _ in buckets:
                n0, n1 = n0 + 2.0**row, n1 - 2.0**row
                u0, u1 = u0 + u, u1 - u
                if n0 < self.fewest or n1 < self.fewest:
                    continue
                m = 1 / (n0 - 5 + 1) + 1 / (n1 - 5 + 1)
                bound = math.sqrt(2 * m * self.variance / self.width * d) + 2 / 3 * d * m
                if abs(u0 / n0 - u1 / n1) > bound:
                    yield u1 / n1 - u0 / n0

    def update(self, x):
        self.insert(x)
        self.tick += 1
        if self.tick % self.clock or self.width <= 10:
            return 0
        found = list(self.cuts())
        if not found:
            return 0
        if self.anew:
            self.begin()
            self.tick = 0
        else:
            while self.width > 10 and next(self.cuts(), None) is not None:
                self.delete()
        return 1 if any(f > 0 for f in found) else -1


class PageHinkley:
    def __init__(self, clipped=True, every=1):
        self.clipped = clipped  # MOA compares with the smallest sum, and wants more than the threshold
        self.every = every
        self.begin()

    def begin(self):
        self.n, self.mean, self.sum, self.smallest = 1, 0.0, 0.0, float("inf")

    def update(self, x):
        self.mean += (x - self.mean) / self.n
        self.sum = (1 - 0.0001) * self.sum + (x - self.mean - 0.005)
        if self.clipped:
            self.sum = max(0.0, self.sum)
        self.smallest = min(self.smallest, self.sum)
        self.n += 1
        large = self.sum >= 50 if self.clipped else self.sum - self.smallest > 50
        if self.n < 30 or not large or (self.n - 1) % self.every:
            return 0
        self.begin()
        return 1


class TwoAverages:
    def __init__(self, every=1):
        self.every = every
        self.begin()

    def begin(self):
        self.n, self.slow, self.fast = 0, 0.0, 0.0

    def update(self, x):
        self.n += 1
        slow, fast = 1 / min(self.n, 5000), 1 / min(self.n, 32)
        self.slow = (1 - slow) * self.slow + slow * x
        self.fast = (1 - fast) * self.fast + fast * x
        chance = max(0.01, self.slow)
        deviation = math.sqrt(chance * (1 - chance) / 63)
        if self.n < 500 or self.n % self.every or self.fast - self.slow <= 7 * deviation:
            return 0
        self.begin()
        return 1


def found(detector, stream):
    """The images after which something was found, counted from 1; those of falls are negative."""
    return [(i + 1) * f for i, x in enumerate(errors(*stream)) if (f := detector.update(x))]


OURS = {
    "adwin": lambda: Adwin(),
    "page-hinkley": lambda: PageHinkley(every=BATCH),
    "two-averages": lambda: TwoAverages(every=BATCH),
}


def golden():
    print("# seed, images, chance, images, chance, detector, images after which a rise is found: golden_drift.py")
    for stream in STREAMS + SHORT:
        for name, make in OURS.items():
            rises = [i for i in found(make(), stream) if i > 0]
            print(*stream, name, " ".join(map(str, rises)), sep=",")


def table():
    rivals = {
        "ours, `adwin`": OURS["adwin"],
        "River, ADWIN": lambda: Adwin(last_of_row=False),
        "MOA, ADWIN": lambda: Adwin(fewest=7, anew=False),
        "ours, `page-hinkley`": OURS["page-hinkley"],
        "River, PageHinkley": lambda: PageHinkley(),
        "MOA, PageHinkleyDM": lambda: PageHinkley(clipped=False),
        "ours, `two-averages`": OURS["two-averages"],
    }
    streams = [s for s in STREAMS if s[2] != s[4]]
    print("| stream, errors before and after | " + " | ".join(rivals) + " |")
    print("| --- |" + " --- |" * len(rivals))
    for stream in streams:
        cells = []
        for make in rivals.values():
            all_found = found(make(), stream)
            early = sum(1 for i in all_found if abs(i) <= stream[1])
            later = [i for i in all_found if abs(i) > stream[1]]
            rises = [i - stream[1] for i in later if i > 0]
            falls = [-i - stream[1] for i in later if i < 0]
            cell = ", ".join(map(str, rises[:4])) + (" ..." if len(rises) > 4 else "")
            cell += (", falls: " if rises else "falls: ") + ", ".join(map(str, falls[:3])) if falls else ""
            cells.append((cell or "-") + (f"; before it: {early}" if early else ""))
        print(f"| {stream[2]:.0%}, {stream[4]:.0%} | " + " | ".join(cells) + " |")


if "--table" in sys.argv[1:]:
    table()
else:
    golden()
