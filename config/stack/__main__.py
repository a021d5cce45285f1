"""`./run`: make the environment, go on inside it, do what was asked."""

import sys

from config.stack import environment
from config.stack.telling import Trouble


def main() -> int:
    from config.stack.commands import needs, parse

    order = parse(sys.argv[1:])
    if order.name == "help":
        return order.carry_out()
    try:
        environment.ensure(needs(order))
        environment.enter(sys.argv[1:])
        return order.carry_out()
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
