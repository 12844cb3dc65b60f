"""The contest runs, at one tiny size, and its files are kept and told as they should be; times are not tested."""

import os
import subprocess
import sys
from pathlib import Path

import cold
import contest
import numpy as np
import options
import pandas as pd
import peers
import pictures
import processor
import pytest
import readme
import sequences
import table

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "figures"


def run(script, *arguments):
    command = [sys.executable, str(ROOT / "benchmarks" / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tiny(*arguments):
    return run("contest.py", "--sizes", "2,3,2,4", "--seconds", "0.01", "--peers", "onnxruntime", *arguments)


def a_row(**changes):
    """A row of the contest, in which we take 1 ms and PyTorch 2."""
    place = {"processor": "A chip (kind)", "instructions": "avx2", "cell": "lstm", "B": 1, "T": 100, "D": 2, "H": 4}
    place |= {"pass": "forward+backward", "threads": 1} | {k: v for k, v in changes.items() if k in table.KEY}
    times = changes.get("times", {"lstm_edu": 1.0, "pytorch": 2.0})
    return contest.as_row(place, times, peak=100.0) | {"date": "2026-01-02", "system": "S", "versions": "v 1, w 2"}


def test_the_contest_runs_and_writes_a_table_and_a_figure(tmp_path):
    said = tiny("--cells", "lstm97", "gru", "--threads", "1", "2", "--out", tmp_path)
    found = pd.read_csv(tmp_path / "benchmark.csv")
    assert len(found) == 2 * 2 * 3  # cells, threads, passes
    assert set(found["processor"]) == {processor.name()}
    assert set(found["instructions"]) == {processor.in_use()}
    assert (found["lstm_edu_ms"] > 0).all()
    assert found.query("`pass` == 'inference'")["ratio"].notna().all()
    assert found.query("`pass` == 'training step'")["ratio"].isna().all()  # ONNX Runtime does not train
    assert (tmp_path / "benchmark-inference.png").read_bytes().startswith(b"\x89PNG")
    assert "geometric mean" in said


def test_a_later_run_measures_only_what_is_missing(tmp_path):
    here = {"processor": processor.name(), "instructions": processor.in_use(), "pass": "inference"}
    table.keep(tmp_path / "benchmark.csv", [a_row(cell="gru", B=2, T=3, D=2, H=4, **here)])
    before = (tmp_path / "benchmark.csv").read_text().splitlines()
    tiny("--cells", "gru", "rnn", "--passes", "inference", "--threads", "1", "--missing", "--out", tmp_path)
    after = (tmp_path / "benchmark.csv").read_text().splitlines()
    assert [line for line in after if ",gru," in line] == before[1:]
    assert [row["cell"] for row in table.read(tmp_path / "benchmark.csv")] == ["rnn", "gru"]


def test_where_nothing_is_missing_the_report_says_so(capsys):
    contest.report([], None)
    assert capsys.readouterr().out == "nothing is missing\n"


@pytest.mark.parametrize("arguments", [["--quick"], []], ids=["quick", "some peers"])
def test_without_all_peers_no_file_is_written_unless_a_folder_is_named(arguments):
    before = {path: path.stat().st_mtime_ns for path in FIGURES.iterdir()}
    said = tiny("--cells", "lstm", "--threads", "1", "--passes", "inference", *arguments)
    assert "geometric mean" in said
    assert {path: path.stat().st_mtime_ns for path in FIGURES.iterdir()} == before


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,0", "1,2,3,4,5"])
def test_a_size_is_four_whole_numbers(text):
    with pytest.raises(Exception, match="four whole numbers B,T,D,H"):
        contest.size(text)


needs_avx512 = pytest.mark.skipif(processor.native() != "avx512", reason="needs AVX-512 to do without")


@needs_avx512
def test_with_avx2_alone_onnx_runtime_is_left_out_and_the_rows_say_so(tmp_path):
    options = ("--cells", "rnn", "--threads", "1", "--passes", "inference", "--out", tmp_path)
    assert "ONNX Runtime takes no part: it can't be told" in tiny(*options, "--instructions", "avx2")
    (row,) = table.read(tmp_path / "benchmark.csv")
    assert row["instructions"] == "avx2"
    assert list(table.times(row)) == ["lstm_edu"]
    assert "onnxruntime" not in row["versions"]


@needs_avx512
def test_pytorch_keeps_to_the_instructions_that_it_is_told():
    pytest.importorskip("torch")
    command = [sys.executable, "-c", "import torch; print(torch.backends.cpu.get_cpu_capability())"]
    environment = os.environ | processor.limited_to("avx2")
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "AVX2\n"


def test_other_instruction_sets_are_refused():
    with pytest.raises(ValueError, match="instructions must be one of avx2, got 'mmx'"):
        processor.limited_to("mmx")


def test_a_new_row_takes_the_place_of_the_old_one_and_all_others_stay(tmp_path):
    path = tmp_path / "new" / "benchmark.csv"
    others = [a_row(**{name: value}) for name, value in [
        ("processor", "Another"), ("instructions", "avx512"), ("cell", "gru"), ("B", 16), ("T", 99), ("D", 8), ("H", 8),
        ("pass", "inference"), ("threads", 2)]]  # fmt: skip
    table.keep(path, [a_row(), *others])
    new = a_row(times={"lstm_edu": 4.0, "jax": 3.0})
    table.keep(path, [new])
    rows = {table.key_of(row): row for row in table.read(path)}
    assert len(rows) == 1 + len(others)
    kept = rows[table.key_of(new)]
    assert (kept["ratio"], kept["fastest_peer"], table.times(kept)) == (0.75, "jax", {"lstm_edu": 4.0, "jax": 3.0})
    for other in others:
        assert rows[table.key_of(other)]["lstm_edu_ms"] == 1.0
    text = path.read_text()
    table.keep(path, [])
    assert path.read_text() == text


def test_the_order_of_the_rows_is_that_of_measuring():
    rows = [a_row(cell=c, threads=n, **dict(zip("BTDH", s, strict=True))) for n in (1, 2)
            for s in [table.SIZES[1], table.SIZES[7], (2, 3, 4, 5)] for c in table.CELLS]  # fmt: skip
    assert table.merged(rows[::2], rows[1::2]) == rows


def test_the_share_of_the_peak_counts_two_products_of_backward_for_each_of_forward():
    place = {"cell": "lstm", "B": 2, "T": 3, "D": 4, "H": 5, "pass": "inference", "threads": 1}
    work = 2 * 2 * 3 * 4 * 5 * (4 + 5)
    assert contest.share_of_peak(place, 1e-6 * work, peak=1.0) == pytest.approx(1)
    assert contest.share_of_peak(place | {"pass": "forward+backward"}, 3e-6 * work, peak=1.0) == pytest.approx(1)
    assert contest.share_of_peak(place | {"pass": "training step"}, 1.0, peak=1.0) is None
    assert contest.share_of_peak(place | {"threads": 2}, 1.0, peak=1.0) is None


def test_our_training_step_is_that_of_fit_and_the_batch_is_drawn_as_for_the_others():
    step = peers.ours("lstm", 3, 5, 2, 4)["training step"]
    training = step.__self__
    step()
    assert training.done == 1
    item, _ = training._batches.draw()
    for axis in (0, 1):
        x, target = peers.drawing(3, 5, 2, axis)()
        assert x.shape == ((3, 5, 2) if axis == 0 else (5, 3, 2))
        assert (item.x.shape, item.target.shape) == ((5, 3, 2), target.shape)


def test_the_import_is_timed_in_a_process_of_its_own_and_kept(tmp_path):
    assert "import" in run("cold.py", "import", "--out", tmp_path)
    (row,) = table.read(tmp_path / "cold.csv")
    assert (row["what"], row["processor"], row["instructions"]) == ("import", processor.name(), processor.in_use())
    assert row["seconds"] > 0
    table.keep(tmp_path / "cold.csv", [row | {"seconds": 7.0}, row | {"what": "first"}], table.COLD_KEY)
    assert [r["seconds"] == 7.0 for r in table.read(tmp_path / "cold.csv")] == [True, False]


def test_an_unknown_cold_measurement_is_refused(capsys):
    with pytest.raises(SystemExit):
        cold.main(["first", "lunch"])
    assert "what must be of import, first, warmup, compare, got lunch" in capsys.readouterr().err


def test_an_option_is_timed_beside_its_cell_and_the_readme_says_so(tmp_path):
    for names in (["coupled"], ["coupled", "NIG"]):
        run("options.py", *names, "--seconds", "0.01", "--out", tmp_path)
    rows = table.read(tmp_path / "options.csv")
    assert len(rows) == 2 * len(options.SIZES) * len(options.PASSES)  # the first rows were measured anew
    assert all(row["ratio"] == pytest.approx(row["option_ms"] / row["cell_ms"], rel=1e-3) for row in rows)
    assert {row["products"] for row in rows} == {0.75}
    said = readme.from_options(rows)
    assert said.count("| NIG | x 0.75 |") == 1
    assert ("(16, 100, 16, 32) ONNX Runtime " in said) == any(row["peer"] == "ONNX Runtime" for row in rows)


def test_an_unknown_option_is_refused(capsys):
    with pytest.raises(SystemExit):
        options.main(["couple"])
    assert "an option must be of cell_clip, " in capsys.readouterr().err


def test_the_rule_of_1997_is_timed_beside_the_peers_and_the_readme_says_how_many_times(tmp_path):
    run("sequences.py", "rule of 1997", "fit", "--seconds", "0.01", "--out", tmp_path)
    rows = table.read(tmp_path / "sequences.csv")
    assert [row["weights"] for row in rows] == [93, 117]
    assert all(row["steps_per_second"] > 0 for row in rows)
    rows[0]["steps_per_second"], rows[1]["steps_per_second"] = 3e6, 2e6
    said = readme.section([], [], [], rows)
    assert "| this package: memory blocks and rule of 1997 | 93 | 3.00 | 1.0 |" in said
    assert "| this package: LSTM, a step of `fit` | 117 | 2.00 | 1.5 |" in said
    assert readme.from_sequences(rows[1:]) == ""


def test_an_unknown_contestant_is_refused(capsys):
    with pytest.raises(SystemExit):
        sequences.main(["pytroch"])
    assert "who must be of rule of 1997, fit, jax, pytorch, got pytroch" in capsys.readouterr().err


def test_jax_learns_with_the_same_memory_blocks():
    jax = pytest.importorskip("jax")
    from lstm_edu.reproduce.hochreiter1997 import truncation
    from lstm_edu.reproduce.hochreiter1997.problems import Sequences

    net, (x, target) = sequences.network(), sequences.adding()
    lines = np.broadcast_to(np.arange(2), (1, sequences.T + 1, 2)).copy()
    one = Sequences(lines, np.concatenate([x[:1], np.zeros((1, 1, 2))], axis=1), np.array([sequences.T]), target[:1])
    weights = (net.net.W, net.net.U, net.net.b, net.net.Uo, net.net.bo)
    with jax.enable_x64(True):
        d = jax.grad(sequences.jax_loss)(weights, x[0], target[0])
    theirs = np.concatenate([-np.asarray(part).ravel() for part in d])
    np.testing.assert_allclose(theirs, truncation.full_gradient(net, one), rtol=1e-10, atol=1e-14)


def test_the_readme_is_what_the_generator_writes():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    kept = (table.read(FIGURES / name) for name in readme.KEPT)
    assert readme.in_readme(*kept, text) == text, "python benchmarks/readme.py"


def test_the_readme_says_where_a_peer_is_ahead():
    rows = [a_row(), a_row(cell="gru", times={"lstm_edu": 1.0, "pytorch": 3.0, "jax": 0.8})]
    said = readme.section(rows, [])
    assert "A peer is ahead in 1 of 2 rows" in said
    assert "| AVX2 | 1 | forward+backward | JAX | GRU (1, 100, 2, 4) 0.80 |" in said
    assert "to the fastest peer | 2.0 (2.00) | 0.8 (0.80) |" in said
    assert "to PyTorch | 2.0 (2.00) | 3.0 (3.00) |" in said
    assert "No peer is ahead in any of 1 rows" in readme.section(rows[:1], [])


def test_the_readme_has_a_table_for_each_instruction_set_and_the_seconds_from_an_empty_cache():
    rows = [a_row(), a_row(instructions="avx512"), a_row(H=128, times={"lstm_edu": 2.0}), a_row(threads=2)]
    seconds = {"processor": "A chip", "instructions": "avx2", "title": "the import", "seconds": 1.25}
    said = readme.section(rows, [seconds])
    for name in ("AVX2", "AVX-512"):
        assert f"A chip (kind), {name}, measured 2026-01-02, one thread" in said
    assert "| A chip (kind) | AVX2 | (1, 100, 2, 4) | 1.00 | 2.00 |" in said  # one thread over two
    share = rows[2]["share_of_peak"]
    assert f"- A chip (kind), AVX2: {share:.0%} at (1, 100, 2, 128)" in said
    assert "| the import | A chip | AVX2 | 1.2 |" in said


def test_a_readme_without_the_markers_is_refused():
    with pytest.raises(ValueError, match="no tables of speed between <!-- the contest --> and <!-- end -->"):
        readme.in_readme([], [], [], [], "# A readme\n")


def test_a_figure_has_a_panel_for_each_instruction_set(tmp_path):
    heights = []
    for rows in ([a_row()], [a_row(), a_row(instructions="avx512")]):
        pictures.draw(rows, tmp_path)
        data = (tmp_path / "benchmark-forward-backward.png").read_bytes()
        heights.append(int.from_bytes(data[20:24], "big"))
    assert heights[1] > 1.5 * heights[0]
    assert [path.name for path in tmp_path.iterdir()] == ["benchmark-forward-backward.png"]
