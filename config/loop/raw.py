"""Score and interval from the raw file alone, in a process of its own: nothing of Loopwell is imported.

Run as `python raw.py FILE`; prints JSON {"n", "detractors", "passives", "promoters", "nps", "low", "high"}.
The interval is the adjusted Wald one: 3/4, 3/2 and 3/4 are added to the three counts.
"""

import csv
import json
import sys
from math import sqrt
from statistics import NormalDist

# The grades of the file are written as decimals; each is mapped by name, and any other is an error.
GRADES = {f"{grade}.0": grade for grade in range(11)} | {str(grade): grade for grade in range(11)}


def main(path: str) -> None:
    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123
        grades = [GRADES[row["grade"]] for row in csv.DictReader(file)]
    detractors = sum(grade <= 6 for grade in grades)
    promoters = sum(grade >= 9 for grade in grades)
    n = len(grades)
    m = n + 3
    up, down = (promoters + 0.75) / m, (detractors + 0.75) / m
    middle = up - down
    half = NormalDist().inv_cdf(0.975) * sqrt((up + down - middle**2) / m)
    print(
        json.dumps(
            {
                "n": n,
                "detractors": detractors,
                "passives": n - detractors - promoters,
                "promoters": promoters,
                "nps": (promoters - detractors) / n,
                "low": max(-1.0, middle - half),
                "high": min(1.0, middle + half),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
