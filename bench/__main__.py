"""`python -m bench [NAME ...]`: the yardsticks by name, or all of them."""

import importlib
import pkgutil
import sys
import traceback

import bench
from bench.yardstick import HEAD, Ratio, tell


def names() -> list[str]:
    """Every module of the folder that measures something."""
    return [
        module.name
        for module in pkgutil.iter_modules(bench.__path__)
        if not module.name.startswith("_") and module.name not in ("yardstick",) and not module.ispkg
    ]


def main(arguments: list[str]) -> int:
    known = names()
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"No yardstick is called {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2

    import django

    django.setup()
    print(HEAD)
    told: list[Ratio] = []
    broken: list[str] = []
    for name in arguments or known:
        try:
            told += tell(importlib.import_module(f"bench.{name}").measure())
        except Exception:
            traceback.print_exc()
            broken.append(name)
    far = [ratio.job for ratio in told if ratio.far_off]
    short = [ratio.job for ratio in told if ratio.verdict == "short of it"]
    print(
        f"{len(told)} figures, {len(short)} short of their target, {len(far)} far off, {len(broken)} broken"
    )
    return 1 if far or broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
