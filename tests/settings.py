"""The settings of the suite: the product's own, with what a test may do faster or must not do at all.

`./run test` brings the servers; to call pytest alone, point DATABASE_URL and OPERATOR_DATABASE_URL at one.
"""

import atexit
import os
import shutil
import sys
import tempfile

if "DATABASE_URL" not in os.environ:
    sys.exit("DATABASE_URL is not set. `./run test [pytest arguments]` starts the servers it needs.")

os.environ["LOOPWELL_TRIAL"] = "1"
os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 5)
os.environ.setdefault("BROKER_URL", "memory://")
os.environ["EMAIL_URL"] = "memorymail://"
os.environ["COLLECTED_STATIC"] = "0"
if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="loopwell-test-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ["LOCAL_MAILBOX"] = os.environ["DATA_DIR"] + "/mailbox"
os.environ["LOG_LEVEL"] = os.environ.get("LOG_LEVEL", "ERROR")
os.environ["BASE_URL"] = "http://testserver"

from config.settings import *  # noqa: F403

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
INSTALLED_APPS = [*INSTALLED_APPS, "tests.tenancy.garden.apps.GardenConfig"]  # noqa: F405
