"""`python -m faults [NAME [arguments]]`: one rig by name, or all of them."""

import importlib
import pkgutil
import sys

import faults


def rigs() -> list[str]:
    """Modules of the folder that offer `main`; what they share starts with an underscore or is a package."""
    return [
        module.name
        for module in pkgutil.iter_modules(faults.__path__)
        if not module.ispkg and not module.name.startswith("_")
    ]


def main(arguments: list[str]) -> int:
    import django

    django.setup()
    runnable = {
        name: module.main
        for name in rigs()
        if hasattr(module := importlib.import_module(f"faults.{name}"), "main")
    }
    if arguments and not arguments[0].startswith("-"):
        if arguments[0] not in runnable:
            print(f"No rig is called {arguments[0]}. There are: {', '.join(runnable)}.", file=sys.stderr)
            return 2
        return int(runnable[arguments[0]](arguments[1:]))
    return max((int(run(arguments)) for run in runnable.values()), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
