"""A pytest plugin that runs the checks in an order of its own: SELFCHECK_SEED chooses it."""

import os
import random

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    random.Random(int(os.environ["SELFCHECK_SEED"])).shuffle(items)
