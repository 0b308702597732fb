"""The field's own answers to 200 data sets: SciPy's and statsmodels' intervals of a share, lifelines'
Kaplan-Meier estimates with their bands.

  compare.py write              writes golden.json beside this file
  compare.py check RESULTS      recomputes everything, and holds golden.json and RESULTS against it

RESULTS is JSON as `reference.rs` writes it: {"shares": [[cp_low, cp_high, wilson_low, wilson_high], ..],
"curves": [{"survival": .., "lower": .., "upper": .., "median": ..}, ..]} in the order of the data sets.
"""

import json
import math
import random
import sys
import warnings
from fractions import Fraction
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy.stats import beta, binomtest
from statsmodels.stats.proportion import proportion_confint

GOLDEN = Path(__file__).with_name("golden.json")
SEED = 20_231_109
SHARES = 120
CURVES = 80
LARGEST = 200
# How far results may be from the reference, and a reference from itself on another machine.
NEAR = 1e-9
SAME = 1e-12
LEVELS = [0.95, 0.9, 0.99]


def shares(chance):
    """(k, n, level): the edges, then at random."""
    edges = [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2), (0, 9), (7, 9), (9, 9), (1, 200), (199, 200),
             (0, 200), (200, 200), (100, 200), (1, 3), (2, 3), (3, 100_000), (99_997, 100_000)]
    sets = [[k, n, 0.95] for k, n in edges]
    while len(sets) < SHARES:
        n = chance.randint(1, LARGEST)
        sets.append([chance.randint(0, n), n, LEVELS[len(sets) % len(LEVELS)]])
    return sets


def curves(chance):
    """Observations as [day, event]: the edges, then at random with ties and censoring."""
    sets = [
        [[5, 1]],
        [[5, 0]],
        [[0, 1]],
        [[0, 0], [3, 1]],
        [[3, 0], [3, 0], [9, 0]],
        [[3, 1], [3, 1], [3, 1]],
        [[1, 1], [2, 1], [3, 1], [4, 1]],
        [[3, 1], [3, 0], [9, 1], [9, 0]],
        # 6-mercaptopurine, Freireich and others 1963.
        [[day, 1] for day in (6, 6, 6, 7, 10, 13, 16, 22, 23)]
        + [[day, 0] for day in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)],
        # Few are left after a half has been reached: the upper end of the band rises above it again.
        [[1, 1]] * 118 + [[2, 0]] * 80 + [[3, 1], [4, 0]],
    ]
    while len(sets) < CURVES:
        # Small ones are what there will be; some are as large as it gets.
        size = chance.randint(1, LARGEST if len(sets) % 4 == 0 else 30)
        days = chance.choice([5, 30, 400])
        events = chance.choice([0.2, 0.5, 0.8, 1.0])
        seen = [[chance.randint(0, days), int(chance.random() < events)] for _ in range(size)]
        sets.append(seen)
    return sets


def of_share(k, n, level):
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else beta.ppf(tail, k, n - k + 1)
    high = 1.0 if k == n else beta.ppf(1 - tail, k + 1, n - k)
    # Three ways to the exact interval; SciPy's test looks for a root only until it is near enough.
    again = proportion_confint(k, n, alpha=1 - level, method="beta")
    roughly = binomtest(k, n).proportion_ci(level, method="exact")
    for one, other, rough in zip((low, high), again, roughly):
        assert abs(one - other) < SAME and abs(one - rough) < 1e-8, (k, n, level, one, other, rough)
    wilson = proportion_confint(k, n, alpha=1 - level, method="wilson")
    return [float(value) for value in (low, high, *wilson)]


def day(value):
    """A day of a median, or none where lifelines says infinity."""
    return None if math.isinf(value) else int(value)


def of_curve(observations):
    days, events = zip(*observations)
    fitter = KaplanMeierFitter(alpha=0.05).fit(days, events)
    band = fitter.confidence_interval_
    survival = fitter.survival_function_["KM_estimate"]
    seen = sorted(set(days))
    lower, upper = (band[name] for name in band.columns)
    medians = median_survival_times(band)
    median = [day(medians[name].iloc[0]) for name in band.columns]
    answer = {
        "survival": [float(survival.loc[d]) for d in seen],
        "lower": [float(lower.loc[d]) for d in seen],
        "upper": [float(upper.loc[d]) for d in seen],
        "median": [day(fitter.median_survival_time_), *median],
    }
    ends = [first_half(seen, answer[name]) for name in ("lower", "upper")]
    return answer | {"first": [exact_median(observations), *ends]}


def first_half(days, curve):
    """The first day on which a curve is a half or less."""
    return next((d for d, value in zip(days, curve) if value <= 0.5), None)


def exact_median(observations):
    """The median without any rounding, for curves that pass through a half."""
    share = Fraction(1)
    for d in sorted({d for d, _ in observations}):
        at_risk = sum(other >= d for other, _ in observations)
        share *= 1 - Fraction(sum(other == d and event for other, event in observations), at_risk)
        if share <= Fraction(1, 2):
            return d
    return None


def golden():
    chance = random.Random(SEED)
    # lifelines warns where nobody is left; that is one of the cases.
    warnings.simplefilter("ignore")
    numpy.seterr(all="ignore")
    return {
        "versions": {name: version(name) for name in ("lifelines", "numpy", "scipy", "statsmodels")},
        "shares": [{"of": of, "is": of_share(*of)} for of in shares(chance)],
        "curves": [{"of": of, "is": of_curve(of)} for of in curves(chance)],
    }


def text(document):
    """One line a data set."""
    compact = {"separators": (",", ":")}
    parts = ['"versions":' + json.dumps(document["versions"], **compact)]
    for name in ("shares", "curves"):
        lines = ",\n".join(json.dumps(one, **compact) for one in document[name])
        parts.append(f'"{name}":[\n{lines}\n]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def far(path, one, other, tolerance):
    """Where two documents differ by more than rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return [f"{path}: {sorted(one)} and {sorted(other)}"]
        return [it for name in one for it in far(f"{path}.{name}", one[name], other[name], tolerance)]
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return [f"{path}: {len(one)} and {len(other)} of them"]
        both = enumerate(zip(one, other))
        return [it for at, (a, b) in both for it in far(f"{path}[{at}]", a, b, tolerance)]
    if isinstance(one, float) and isinstance(other, (int, float)):
        return [] if abs(one - other) <= tolerance else [f"{path}: {one} and {other}"]
    return [] if one == other else [f"{path}: {one} and {other}"]


def check(results):
    now = golden()
    committed = json.loads(GOLDEN.read_text())
    different = far("golden", now, committed, SAME)
    ours = json.loads(Path(results).read_text())
    different += far("shares", [one["is"] for one in now["shares"]], ours["shares"], NEAR)
    wanted = []
    for one in now["curves"]:
        reference = dict(one["is"])
        median, first = reference["median"], reference.pop("first")
        # Where the curve is exactly a half, lifelines' sum of logarithms may come out beside it.
        touches = any(abs(value - 0.5) < SAME for value in reference["survival"])
        # It looks for a half by bisection, which presumes that a curve never rises.
        rises = any(later > earlier for earlier, later in pairwise(reference["upper"]))
        if not (median[0] == first[0] or touches) or not (median[1:] == first[1:] or rises):
            different.append(f"lifelines' medians of {one['of']} are {median}, not {first}")
        wanted.append(reference | {"median": first})
    different += far("curves", wanted, ours["curves"], NEAR)
    for line in different:
        print(line, file=sys.stderr)
    if different:
        sys.exit(f"{len(different)} differences")
    versions = ", ".join(f"{name} {number}" for name, number in now["versions"].items())
    print(f"{SHARES} shares and {CURVES} curves agree to {NEAR} with {versions}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write"]:
            GOLDEN.write_text(text(golden()))
        case ["check", results]:
            check(results)
        case _:
            sys.exit(__doc__)
