"""The chapters run in processes of their own from the first test on, on all cores, and are asked for last of all."""

import gc
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from lstm_edu.core.threads import available_cores

collect_ignore = ["own_cell.py", "probes.py"]  # tests import them: collected too, they would be others of the same name


def is_a_chapter(item) -> bool:
    return item.get_closest_marker("chapters") is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=is_a_chapter)


@pytest.fixture(scope="session", autouse=True)
def _what_was_imported_stays():
    """A test that calls gc.collect() need not look through half a million objects of other libraries each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _one_thread():
    """For the chapters of this process: threads that look for work take the cores from the chapters beside them, and
    the bits are the same for every number of them."""
    os.environ["LSTM_EDU_NUM_THREADS"] = "1"


@pytest.fixture(scope="session", autouse=True)
def executed(request):
    """By the names of the chapters that are to be tested: futures of their executed notebooks.

    Processes, because threads would see what other tests change meanwhile: the environment, the present folder.
    """
    chapters = [item.callspec.params["chapter"] for item in request.session.items if is_a_chapter(item)]
    if not chapters:
        yield {}
        return
    from executing import execute  # only here: most tests need nothing of the course

    cores = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(available_cores(), cores, initializer=_one_thread) as pool:
        yield {chapter.name: pool.submit(execute, chapter) for chapter in chapters}
        pool.shutdown(cancel_futures=True)
