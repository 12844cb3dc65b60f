"""The contest runs, at one tiny size; what it measures is no test's business."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]


def test_the_contest_runs_and_writes_a_table_and_a_figure(tmp_path):
    command = [
        sys.executable, str(ROOT / "benchmarks" / "contest.py"), "--cells", "lstm97", "gru", "--sizes", "2,3,2,4",
        "--threads", "1", "2", "--seconds", "0.01", "--peers", "onnxruntime", "--out", str(tmp_path),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "benchmark.csv")
    assert len(table) == 2 * 2 * 3  # cells, threads, passes
    assert (table["lstm_edu_ms"] > 0).all()
    assert table.query("`pass` == 'inference'")["ratio"].notna().all()
    assert table.query("`pass` == 'training step'")["ratio"].isna().all()  # ONNX Runtime does not train
    assert (tmp_path / "benchmark-inference.png").read_bytes().startswith(b"\x89PNG")
    assert "geometric mean" in done.stdout


def test_the_quick_contest_writes_no_file_unless_a_folder_is_named():
    figures = {path: path.stat().st_mtime_ns for path in (ROOT / "figures").iterdir()}
    command = [
        sys.executable, str(ROOT / "benchmarks" / "contest.py"), "--quick", "--cells", "lstm", "--sizes", "2,3,2,4",
        "--passes", "inference", "--seconds", "0.01", "--peers", "onnxruntime",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "geometric mean" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in (ROOT / "figures").iterdir()} == figures
