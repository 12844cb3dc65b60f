"""The commands as a user types them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import lstm_edu
from lstm_edu import cli, tasks

QUICK = ["--units", "6", "--steps", "12", "--batch", "4", "--seeds", "2", "--jobs", "1"]


def run(*args):
    """Run a command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as stop:
        cli.main(list(args))
    return stop.value.code


def test_compare_prints_a_table_and_writes_a_figure_and_the_numbers(tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert run("compare", "adding", "--length", "8", "--cells", "rnn, lstm", *QUICK, "--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "Adding, length 8: 6 units" in printed
    assert "test_loss" in printed
    assert "0 of 2" in printed
    assert sorted(p.name for p in out.iterdir()) == [
        "compare-adding-curves.csv",
        "compare-adding.csv",
        "compare-adding.json",
        "compare-adding.png",
    ]
    table = pd.read_csv(out / "compare-adding.csv")
    assert table["cell"].tolist() == ["rnn", "rnn", "lstm", "lstm"]
    assert (out / "compare-adding.png").read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(out / "compare-adding-curves.csv")["step"].max() == 12
    title = lstm_edu.Comparison.read(out / "compare-adding.csv").about["title"]
    assert title == "Adding, length 8: 6 units, initial memory up to 8 steps, 2 seeds"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_row_of_the_table_is_longer_than_the_terminal(width, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    (tmp_path / "my.txt").write_text("to be or not to be\n" * 40)
    arguments = ["--cells", "rnn,peephole", "--out", str(tmp_path / "out"), *QUICK]
    assert run("compare", "adding", "--length", "8", *arguments) == 0
    assert (
        run("compare", "text", "--file", str(tmp_path / "my.txt"), *arguments[:4], "--steps", "3", "--seeds", "1") == 0
    )
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= width for line in lines if not line.startswith(("figure:", "tables:")))
    rows = [line.split()[0] for line in lines if line.strip().startswith(("rnn ", "peephole "))]
    assert rows == ["rnn", "peephole"] * 2
    assert any("no room for: steps_to_solve" in line for line in lines) == (width < 120)


def test_without_a_terminal_every_column_is_there(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert run("compare", "adding", "--length", "8", "--cells", "rnn", *QUICK, "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert "steps_to_solve" in printed
    assert "no room" not in printed


def test_results_go_into_a_folder_of_their_own(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("compare", "adding", "--length", "8", "--cells", "rnn", *QUICK) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_short_text_is_read_written_and_its_networks_are_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.txt").write_text("中文字符测试，这是一个小文件。" * 20, encoding="utf-8")
    arguments = ["--file", "my.txt", "--cells", "rnn,gru", "--steps", "3", "--seeds", "2", "--jobs", "1"]
    assert run("compare", "text", *arguments, "--save", "nets") == 0
    printed = capsys.readouterr().out
    assert "the best network of each cell writes" in printed
    assert "solved" not in printed
    files = sorted(path.name for path in Path("nets").iterdir())
    assert files == [f"{cell}-{seed}.safetensors" for cell in ("gru", "rnn") for seed in (0, 1)]
    net = lstm_edu.load("nets/gru-1.safetensors")
    assert next(lstm_edu.write_text(net, "中文")) in "中文字符测试，这是一个小文件。"


def test_the_bare_command_says_what_there_is_and_where_to_start(capsys):
    assert run() == 0
    printed = capsys.readouterr().out
    assert "Start here:" in printed
    assert "lstm-edu compare adding" in printed
    assert "..." not in printed.split("Commands:")[1]


def test_compare_at_equal_parameters_prints_units_and_parameters(tmp_path, capsys):
    arguments = ["--length", "8", "--cells", "rnn,lstm", *QUICK[2:], "--parameters", "400", "--out", str(tmp_path)]
    assert run("compare", "adding", *arguments) == 0
    printed = capsys.readouterr().out
    assert "Adding, length 8: about 400 parameters" in printed
    table = pd.read_csv(tmp_path / "compare-adding.csv")
    for cell, units in [("rnn", 18), ("lstm", 8)]:
        assert set(table[table["cell"] == cell]["units"]) == {units}
        (row,) = [line.split() for line in printed.splitlines() if line.split()[:1] == [cell]]
        assert row[1] == str(units)
        assert row[2] == str(table[table["cell"] == cell]["parameters"].iloc[0])


def test_compare_reads_a_text_of_ones_own(tmp_path, capsys):
    text = tmp_path / "my.txt"
    text.write_text("the quick brown fox jumps over the lazy dog. " * 30, encoding="utf-8")
    arguments = ["--file", str(text), "--length", "10", "--cells", "gru", *QUICK, "--out", str(tmp_path)]
    assert run("compare", "text", *arguments) == 0
    printed = capsys.readouterr().out
    assert "perplexity" in printed
    assert "bits/char" in printed
    assert (tmp_path / "compare-text.png").exists()


def test_tasks_lists_every_task_with_its_baseline(capsys):
    assert run("tasks") == 0
    printed = capsys.readouterr().out
    for name in tasks.TASKS:
        assert f"\n{name} " in "\n" + printed
    assert printed.count(" baseline ") == len(tasks.TASKS)


def test_info_names_versions_processor_cache_and_threads(capsys):
    assert run("info") == 0
    printed = capsys.readouterr().out
    for word in ("lstm_edu", "numba", "numpy", "processor", "cores", "threads", "cache"):
        assert word in printed


def test_warmup_compiles_everything(capsys):
    assert run("warmup") == 0
    assert "all kernels for float32 are ready" in capsys.readouterr().out


def test_version_and_help(capsys):
    assert run("--version") == 0
    assert run("--help") == 0
    printed = capsys.readouterr().out
    for command in ("compare", "tasks", "info", "warmup"):
        assert command in printed
    assert run("compare", "--help") == 0
    printed = capsys.readouterr().out
    for option in (
        "--cells",
        "--units",
        "--parameters",
        "--layers",
        "--length",
        "--steps",
        "--seeds",
        "--jobs",
        "--out",
        "--file",
    ):
        assert option in printed


def wrong(tmp_path):
    empty, binary, short = tmp_path / "empty.txt", tmp_path / "binary.txt", tmp_path / "short.txt"
    empty.write_bytes(b"")
    binary.write_bytes(b"abc\xff\xfe" * 1000)
    short.write_text("ab")
    link, taken = tmp_path / "link", tmp_path / "taken"
    link.symlink_to(tmp_path / "nowhere")
    (taken / "compare-adding.png").mkdir(parents=True)
    return [
        (["compare", "ading"], "unknown task 'ading': did you mean 'adding'?"),
        (["compare", "adding", "--cells", "lstm,gro"], "unknown cell 'gro': did you mean 'gru'?"),
        (["compare", "adding", "--units", "0"], "units must be a whole number of at least 1, got 0"),
        (["compare", "adding", "--units", "3", "--parameters", "500"], "parameters and units: give one of them"),
        (["compare", "adding", "--parameters", "5"], "budget must be at least"),
        (["compare", "adding", "--length", "1"], "length must be"),
        (["compare", "adding", "--seeds", "few"], "seeds must be a whole number or a list such as 0,1,2, got 'few'"),
        (["compare", "adding", "--jobs", "0"], "jobs must be a whole number of at least 1, got 0"),
        (["compare", "reber", "--length", "9"], "unknown setting 'length'"),
        (["compare", "adding", "--file", "x"], "unknown setting 'file'"),
        (["compare", "adding", "--out", str(empty / "below")], "out: can't write to"),
        (["compare", "adding", "--out", str(link)], "is a link to nothing"),
        (["compare", "adding", "--out", str(link / "below")], "is a link to nothing"),
        (["compare", "adding", "--out", str(empty)], "is no folder"),
        (["compare", "adding", "--out", str(taken)], "compare-adding.png' (a folder is there)"),
        (["compare", "adding", "--layers", "99999999999"], "layers must be at most 1000, got 99999999999"),
        (["compare", "text", "--file", str(tmp_path / "none.txt")], "none.txt"),
        (["compare", "text", "--file", str(tmp_path)], "file"),
        (["compare", "text", "--file", str(empty)], "empty"),
        (["compare", "text", "--file", str(binary)], "UTF-8"),
        (["compare", "text", "--file", str(short)], "characters"),
        (["warmup", "--dtype", "int8"], "dtype must be float32 or float64, got 'int8'"),
    ]


def test_what_the_user_got_wrong_is_one_line_and_exit_code_2(tmp_path, capsys):
    for arguments, message in wrong(tmp_path):
        assert run(*arguments) == 2, arguments
        printed = capsys.readouterr()
        assert message in printed.err, arguments
        assert printed.err.count("\n") == 1, printed.err
        assert printed.out == "", arguments


def test_unknown_options_and_commands_exit_with_2(capsys):
    assert run("compare", "adding", "--unitts", "3") == 2
    assert run("comparre") == 2
    assert "comparre" in capsys.readouterr().err


def test_python_m_lstm_edu_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "lstm_edu", "compare", "ading"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("lstm-edu: unknown task 'ading'")


def test_nothing_is_left_behind_by_a_command_that_was_refused(tmp_path, capsys):
    assert run("compare", "adding", "--cells", "nope", "--out", str(tmp_path / "new")) == 2
    assert not list(tmp_path.iterdir())
    assert "unknown cell" in capsys.readouterr().err


def test_runs_that_diverge_are_named_and_do_not_end_the_others(tmp_path, capsys):
    arguments = [
        "compare",
        "adding",
        "--length",
        "8",
        "--cells",
        "rnn",
        *QUICK,
        "--rate",
        "1e38",
        "--out",
        str(tmp_path),
    ]
    assert run(*arguments) == 0
    printed = capsys.readouterr().out
    assert "rnn, seed 1: diverged; a smaller --rate than 1e+38 may help" in printed
    assert pd.read_csv(tmp_path / "compare-adding.csv")["test_loss"].isna().all()


def test_ctrl_c_ends_a_command_without_a_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("lstm_edu.compare", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run("compare", "adding", "--out", str(tmp_path)) == 130
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "ended early before a run was done; nothing is written" in error


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (MemoryError("80 GiB"), 2, "lstm-edu: not enough memory: 80 GiB"),
        (OverflowError("too large"), 2, "lstm-edu: too large"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
    ],
)
def test_what_goes_wrong_on_the_way_is_one_line(monkeypatch, capsys, tmp_path, error, code, message):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("lstm_edu.compare", fail)
    assert run("compare", "adding", "--out", str(tmp_path)) == code
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1


COMPARE = ["compare", "adding", "--length", "8", "--cells", "rnn", *QUICK]
FILES = ["compare-adding.csv", "compare-adding-curves.csv", "compare-adding.json", "compare-adding.png"]
JOURNAL = "compare-adding.runs"


def fails_for(monkeypatch, *names):
    """Files with these names can't be written, wherever in `out`; a temporary folder takes everything."""
    real = os.replace

    def replace(source, target):
        if Path(target).name in names and Path(target).parent.name == "out":
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr("os.replace", replace)


@pytest.mark.parametrize("failing", [FILES[:1], FILES[1:2], FILES[2:3], FILES[3:], FILES], ids=str)
def test_what_was_computed_is_printed_and_kept_where_a_file_cant_be_written(tmp_path, capsys, monkeypatch, failing):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    fails_for(monkeypatch, *failing)
    out = tmp_path / "out"
    assert run(*COMPARE, "--out", str(out)) == 1
    printed = capsys.readouterr()
    assert "0 of 2" in printed.out
    assert [line.split(":")[1].split()[-1] for line in printed.err.splitlines()] == [str(out / f) for f in failing]
    assert printed.err.count("No space left on device") == len(failing)
    assert {path.name for path in out.iterdir()} == {*FILES, JOURNAL} - set(failing)
    rescued = {path.name: str(path) for path in (tmp_path / "elsewhere").rglob("*.*")}
    assert set(rescued) == set(failing) - {"compare-adding.png"}
    for path in rescued.values():
        assert path in printed.out


def test_a_figure_that_cant_be_drawn_costs_no_table(tmp_path, capsys, monkeypatch):
    def fail(*_):
        raise RuntimeError("no font")

    monkeypatch.setattr("lstm_edu.plotting.learning_curves", fail)
    assert run(*COMPARE, "--out", str(tmp_path)) == 1
    printed = capsys.readouterr()
    assert printed.err == f"lstm-edu: can't write {tmp_path / FILES[3]}: no font\n"
    assert {path.name for path in tmp_path.iterdir()} == {*FILES[:3], JOURNAL}


def test_files_that_could_not_be_written_are_written_later_from_the_journal_without_training(
    tmp_path, capsys, monkeypatch
):
    out = tmp_path / "out"
    with monkeypatch.context() as full:
        fails_for(full, FILES[0], FILES[3])
        assert run(*COMPARE, "--out", str(out)) == 1
    assert f"runs: {out / JOURNAL}; --resume goes on with them" in capsys.readouterr().out
    monkeypatch.setattr("lstm_edu.nn.fit", None)
    assert run(*COMPARE, "--out", str(out), "--resume") == 0
    assert {path.name for path in out.iterdir()} == set(FILES)


def test_where_no_folder_at_all_takes_the_tables_they_are_on_the_screen(tmp_path, capsys, monkeypatch):
    def nowhere(**_):
        raise OSError(30, "Read-only file system")

    fails_for(monkeypatch, *FILES)
    monkeypatch.setattr("tempfile.mkdtemp", nowhere)
    assert run(*COMPARE, "--out", str(tmp_path / "out")) == 1
    printed = capsys.readouterr()
    assert "0 of 2" in printed.out
    assert printed.err.splitlines()[-1] == "lstm-edu: nor is there a temporary folder: Read-only file system"


def test_a_closed_pipe_costs_nothing_but_the_print(tmp_path):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "lstm_edu", *COMPARE, "--out", str(tmp_path)]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    first, *places = done.stderr.splitlines()
    assert first == "lstm-edu: can't print: Broken pipe"
    assert all(str(tmp_path / name) in "\n".join(places) for name in FILES)
    assert done.returncode == 1
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


def test_runs_that_were_finished_before_ctrl_c_are_printed_and_written(tmp_path, capsys, monkeypatch):
    real, calls = lstm_edu.nn.fit, []

    def fit(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr("lstm_edu.nn.fit", fit)
    assert run(*COMPARE, "--out", str(tmp_path)) == 130
    printed = capsys.readouterr()
    assert "ended early: 1 of 2 runs are done" in " ".join(printed.out.split())
    assert "0 of 1" in printed.out
    assert len(pd.read_csv(tmp_path / FILES[0])) == 1
    assert "Traceback" not in printed.err


def test_a_letter_that_the_terminal_lacks_does_not_end_a_command():
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "lstm_edu", "course", "list"]
    done = subprocess.run(command, capture_output=True, env=ascii_only, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\n15  " in done.stdout.decode("ascii")


def test_the_output_is_as_it_was_after_a_command(capsys):
    before = sys.stdout.errors
    assert run("tasks") == 0
    assert sys.stdout.errors == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_signal_handlers_are_there_while_compare_runs_and_never_else(monkeypatch, tmp_path):
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before, during = [signal.getsignal(n) for n in numbers], []

    def compare(*_, **__):
        during.extend(signal.getsignal(n) for n in numbers)
        raise ValueError("enough")

    monkeypatch.setattr("lstm_edu.compare", compare)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        assert run(*COMPARE, "--out", str(tmp_path)) == 2
        assert callable(during[0])
        assert during[1] == signal.SIG_IGN
        assert [signal.getsignal(n) for n in numbers] == [signal.SIG_DFL, signal.SIG_IGN]
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def workers_of(pid):
    """The processes that a process started for its runs, once each of them has loaded the kernels' compiler."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and "llvmlite" in (folder / "maps").read_text():
                found.append(folder)
        except OSError:
            continue
    return found


def alive(folder):
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def hangup_ends():
    """Under nohup a hangup is ignored, and the processes that are started inherit that: here it ends them."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129), ("SIGKILL", -9)])
@pytest.mark.usefixtures("hangup_ends")
def test_the_workers_of_compare_end_when_it_is_ended(tmp_path, name, code):
    long = ["--units", "4", "--steps", "10000000", "--batch", "2", "--seeds", "2", "--jobs", "2"]
    command = [sys.executable, "-m", "lstm_edu", *COMPARE[:6], *long, "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as compare:
        workers = []
        try:
            while len(workers) < 2:
                assert compare.poll() is None, compare.stderr.read()
                time.sleep(0.05)
                workers = workers_of(compare.pid)
            compare.send_signal(getattr(signal, name))
            assert compare.wait(timeout=60) == code
            deadline = time.monotonic() + 60
            while any(map(alive, workers)) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not any(map(alive, workers))
        finally:
            compare.kill()
            for folder in filter(alive, workers):
                os.kill(int(folder.name), signal.SIGKILL)


OWN = """
import lstm_edu as le

@le.register("mine-in-a-file")
class Mine(le.GRU):
    title = "My own"
"""


def test_a_cell_of_ones_own_is_named_on_the_command_line_and_known_to_workers(tmp_path):
    (tmp_path / "a_cell_of_mine.py").write_text(OWN)
    command = [sys.executable, "-m", "lstm_edu", "compare", "adding", "--length", "6", "--units", "3", "--steps", "4"]
    command += ["--seeds", "2", "--jobs", "2", "--cells", "gru,mine-in-a-file", "--out", str(tmp_path / "out")]
    done = subprocess.run([*command, "--with", str(tmp_path / "a_cell_of_mine.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = lstm_edu.Comparison.read(tmp_path / "out" / "compare-adding.csv")
    losses = table.table.groupby("cell", sort=False)["test_loss"].apply(list)
    assert losses["mine-in-a-file"] == losses["gru"]
    without = subprocess.run(command, capture_output=True, text=True)
    assert without.returncode == 2
    assert "unknown cell 'mine-in-a-file'" in without.stderr


def test_a_file_that_is_no_module_of_its_own_is_refused(tmp_path):
    (tmp_path / "json.py").write_text(OWN)
    for file, message in (("json.py", "has another module named 'json'"), ("no.py", "must be a Python file that exi")):
        done = subprocess.run([sys.executable, "-m", "lstm_edu", "compare", "adding", "--with", str(tmp_path / file)],
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 2
        assert message in done.stderr
