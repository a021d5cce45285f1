import pytest, time, os, collections
from tests.tenancy.matrix import *


@pytest.mark.django_db
def test_x(settings):
    settings.API_RATE_PER_MINUTE = 10**9
    settings.ACCOUNT_RATE_LIMITS = False
    import logging

    logging.disable(logging.CRITICAL if not os.environ.get("LOUD") else 0)
    t = time.time()
    kinds = os.environ.get("KINDS", "member api public personal none").split()
    m = Matrix()
    print("built", time.time() - t)
    part = os.environ.get("ONLY", "")
    r = m.run(lambda r: r.kind in kinds and part in (r.template or r.name))
    print(r.told(), time.time() - t)
    seen = collections.Counter()
    for o in r.open:
        key = o.split(" for ")[0]
        seen[key] += 1
        if seen[key] <= 3:
            print(o[:400])
