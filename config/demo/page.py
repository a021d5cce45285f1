"""docs/demo.md, written from the table of what is planted."""

from pathlib import Path

from config.demo import planted

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "demo.md"

HEAD = """# The demo world

Two invented businesses, made anew by `./run manage demo` and marked as invented on every screen. All
people, firms, figures and comments are made up; addresses are at domains reserved for examples; nothing is
sent. The same seed gives the same world, dated back from the day it is built.

- **Harbour & Vale**, a shop for the home: six stores and a web shop, a third of its customers asked
  each month after their purchase, and those of the web shop after a delivery too.
- **Northbeam Ledger**, bookkeeping software for firms: several people per firm, asked about the
  relationship. Each firm has a revenue a year, a renewal date and, but for every seventh, an account owner; each
  person decides, uses or pays, and in small firms whoever decides pays as well.

Both have the shipped stages of the journey, computed before each asking as of that day, so that answers carry the
stage of their time and customers have a history.

Planted are these effects (in logits of an ordered-logit person: -1 takes an average shop from about +36 to
about -10), and these nulls, which honest numbers must not find.

| business | where | lean | what is behind it |
|---|---|---|---|
"""


def text() -> str:
    """The Markdown of docs/demo.md."""
    names = {"retailer": "Harbour & Vale", "software": "Northbeam Ledger"}
    lines = [
        f"| {names[row.world]} | {row.where} | {f'{row.lean:+.2f}' if row.lean else 'none'} | {row.why} |"
        for row in planted.ALL
    ]
    return HEAD + "\n".join(lines) + "\n"
