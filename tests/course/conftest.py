"""A browser for the tests of pages.

It is Debian's Chromium: apt-get install chromium chromium-driver. Where it is missing its tests are skipped, unless
LSTM_EDU_NEEDS_CHROMIUM=1 says that they must run.
"""

import os
import shutil

import pytest
from browser import Browser

collect_ignore = ["beside_tensorflow.py"]  # a script for a process of its own


@pytest.fixture(scope="module")
def browser():
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        reason = f"{' and '.join(missing)} not found; on Debian: apt-get install chromium chromium-driver"
        if os.environ.get("LSTM_EDU_NEEDS_CHROMIUM") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    chromium = Browser()
    yield chromium
    chromium.driver.quit()
