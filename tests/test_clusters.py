"""The page on clusters: its file is a sweep, its tables are what the simulation gives, and that is held to be right."""

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import thousand

from lstm_edu.experiments import plan

PAGE = Path(thousand.PAGE).read_text(encoding="utf-8")
FREE = thousand.Assumed(
    workers=10, runs=200, scheduler=0, gather=0, store=0, packages=0, kernels=0, loading=0, spread=0
)


def test_the_example_is_a_sweep_of_as_many_runs_as_it_says():
    runs = plan(tomllib.loads(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL).group(1)))
    assert f"# {len(runs)} runs" in PAGE


def test_the_tables_are_what_the_simulation_gives_now(tmp_path):
    shutil.copy(thousand.PAGE, tmp_path / "clusters.md")
    assert thousand.write_page(thousand.tables(thousand.Assumed()), tmp_path / "clusters.md") is False
    assert PAGE.count("| 60 s |") == 1


def test_what_the_page_concludes_is_in_the_tables():
    found = {mean: thousand.simulated(mean, thousand.Assumed()) for mean in thousand.MEANS}
    assert all(found[mean]["efficiency"] > 0.9 for mean in (10, 60, 600))
    assert all(found[mean]["store"] > 0.95 for mean in (1, 3))
    assert all(each["scheduler"] < each["store"] for each in found.values())
    fewer = thousand.simulated(3, thousand.Assumed(workers=400))
    assert fewer["seconds"] < 1.1 * found[3]["seconds"]


def test_without_costs_all_workers_work_all_the_time():
    found = thousand.simulated(7, FREE)
    assert found["seconds"] == pytest.approx(200 / 10 * 7)
    assert found["efficiency"] == pytest.approx(1)


@pytest.mark.parametrize("what", ["scheduler", "store", "gather"])
def test_where_one_thread_is_the_limit_it_sets_the_pace(what):
    found = thousand.simulated(1, replace(FREE, **{what: 0.5}))
    assert found["seconds"] == pytest.approx(0.5 * (200 + 10 * (what == "scheduler")), rel=0.02)
    assert found["scheduler" if what == "scheduler" else "store"] == pytest.approx(1, abs=0.02)


def test_a_run_that_the_scheduler_does_not_know_of_yet_begins_later():
    few = thousand.simulated(1, replace(FREE, store=0.05, ahead=10))
    many = thousand.simulated(1, replace(FREE, store=0.05))
    assert few["seconds"] > many["seconds"]


def test_nodes_are_served_one_after_the_other_and_a_cache_saves_the_compiling():
    assumed = thousand.Assumed(workers=5, per_node=2, packages=2e9, kernels=0, server=1e9, loading=3, compiling=15)
    assert thousand.starts(assumed) == [5, 5, 7, 7, 9]
    assert thousand.starts(assumed, cached=False) == [20, 20, 22, 22, 24]
