"""The network that writes Python: its text, its baselines, its training, and what ships."""

import json
import os
from collections import Counter

import numpy as np
import pytest

import lstm_edu as le
from lstm_edu.course import writer
from lstm_edu.course.making import python_writer
from lstm_edu.course.writer import corpus, training

MOST_BYTES = 3_000_000


def write_files(folder, texts):
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Sixty short files, some of them in every part."""
    rng = np.random.default_rng(0)
    lines = ["def f(a):", "    return a", "x = [1, 2]", "# é", "class A:", '    "doc"']
    texts = {f"package/m{k}.py": "\n".join(rng.choice(lines, 30)) + "\n" for k in range(60)}
    return write_files(tmp_path_factory.mktemp("library"), texts)


def test_what_is_no_python_by_hand_is_left_out(tmp_path):
    texts = dict.fromkeys(("a.py", "b/c.py", "test/d.py", "site-packages/e.py", "encodings/f.py", "b/note.txt"), "x\n")
    folder = write_files(tmp_path, texts | {"empty.py": "\n"})
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    (tmp_path / "dos.py").write_bytes(b"x\r\ny\r\n")
    found = writer.standard_library(folder)
    assert [(source.name, source.text) for source in found] == [
        ("a.py", "x\n"),
        ("b/c.py", "x\n"),
        ("dos.py", "x\ny\n"),
    ]
    with pytest.raises(ValueError, match="folder must hold Python files, got "):
        writer.standard_library(tmp_path / "b" / "nowhere")


def test_a_file_belongs_to_the_same_part_wherever_it_stands():
    assert [writer.Source(name, "").split for name in ("ast.py", "typing.py", "json/decoder.py")] == [
        "test",
        "valid",
        "train",
    ]
    share = Counter(writer.Source(f"m{k}.py", "").split for k in range(3000))
    assert share["train"] / 3000 == pytest.approx(0.8, abs=0.03)
    assert share["test"] / 3000 == pytest.approx(0.1, abs=0.03)


def test_this_pythons_library_has_enough_files_in_every_part():
    task = writer.PythonSource()
    assert len(task.names("train")) > 200
    assert min(len(task.names("valid")), len(task.names("test"))) > 15
    assert not set(task.names("train")) & set(task.names("test"))


def test_the_vocabulary_comes_from_the_training_files_alone_and_all_else_is_one_character():
    sources = [writer.Source("json/decoder.py", "ab\n" * 20 + "rare"), writer.Source("ast.py", "z" * 50)]
    vocabulary = corpus.vocabulary_of(sources)
    assert vocabulary == "\n" + writer.END + "ab" + writer.UNKNOWN
    task = writer.PythonSource(vocabulary=vocabulary)
    assert task.decode(task.encode("abz\n漢\ud800")) == "ab\ufffd\n\ufffd\ufffd"


def test_a_split_holds_its_files_each_behind_a_sign(library):
    task = writer.PythonSource(length=8, folder=library)
    for split in ("train", "valid", "test"):
        texts = [source.text for source in writer.standard_library(library) if source.split == split]
        known = "".join(c if c in task.vocabulary else writer.UNKNOWN for c in writer.END.join(["", *texts, ""]))
        assert task.text(split) == known


def test_a_stream_continues_row_by_row_and_shuffles_the_training_files_alone(library):
    task = writer.PythonSource(length=8, folder=library)
    for split, rng in (("train", None), ("train", 3), ("test", 3)):
        batches = list(task.stream(3, split, rng))
        x = np.concatenate([batch.x for batch in batches])
        np.testing.assert_array_equal(x[1:], np.concatenate([batch.target for batch in batches])[:-1])
        plain = np.concatenate([batch.x for batch in task.stream(3, split)])
        assert x.shape == plain.shape
        assert (x != plain).any() == (split == "train" and rng is not None)
    rows = (len(task.codes("test")) - 1) // 3
    batch = next(task.stream(3, "test"))
    assert task.decode(batch.x[:, 1]) == task.text("test")[rows : rows + 8]
    with pytest.raises(ValueError, match="batch must be at most"):
        task.stream(10_000, "test")


def test_sequences_are_drawn_from_their_own_part(library):
    task = writer.PythonSource(length=8, folder=library)
    batch = task.sample(40, 1, "valid")
    for k in range(40):
        assert task.decode(batch.x[:, k]) + task.decode(batch.target[-1:, k]) in task.text("valid")


@pytest.mark.parametrize("vocabulary", ["aa", "a", "", 5])
def test_a_vocabulary_that_is_none_is_refused(vocabulary):
    with pytest.raises(ValueError, match="vocabulary must be different characters"):
        writer.PythonSource(vocabulary=vocabulary)


def literal_bits(train, test, size, n):
    """Witten and Bell, one character after the other."""
    bits = []
    for a in range(len(test)):
        p = 1 / size
        for k in range(min(n, a) + 1):
            before = tuple(test[a - k : a])
            seen = Counter(train[i + k] for i in range(len(train) - k) if tuple(train[i : i + k]) == before)
            if seen:
                p = (seen[test[a]] + len(seen) * p) / (seen.total() + len(seen))
        bits.append(-np.log2(p))
    return bits


def test_tables_are_those_of_the_formula():
    rng = np.random.default_rng(1)
    train, test = rng.integers(0, 5, 300), rng.integers(0, 6, 60)
    found = writer.tables(train, test, 6, [0, 2, 3])
    assert list(found) == [0, 2, 3]
    for n, bits in found.items():
        np.testing.assert_allclose(bits, literal_bits(train, test, 6, n))


def test_contexts_whose_numbers_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="contexts must be at most 8 at size 98, got 9"):
        writer.tables(np.zeros(20, int), np.zeros(20, int), 98, [9])


def test_packers_after_the_training_text_pay_for_what_is_new_alone():
    rng = np.random.default_rng(2)
    train = rng.integers(0, 98, 50_000).astype(np.uint8)
    found = writer.squeezed(train, train[:20_000])
    assert found["xz after training"] < 0.1 < 6 < found["xz"]
    assert found["gzip"] > 6


def test_a_networks_bits_are_its_mean_cross_entropy_over_the_places_that_are_read(library):
    task = writer.PythonSource(length=8, folder=library)
    net = le.Sequential([le.Embedding(task.inputs, 4, rng=0), le.LSTM(4, 5, rng=1), le.Dense(5, task.outputs, rng=2)])
    codes = task.codes("test").astype(int)
    places, each = writer.places_read(task, rows=3, most=40), (len(codes) - 1) // 3
    assert len(places) == 48  # whole batches of 3 x 8
    wanted = []
    for row in range(3):
        y = net(codes[row * each : row * each + 16, None])[:, 0]
        mine = places[row * 16 : row * 16 + 16]
        p = np.exp(y - y.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        np.testing.assert_array_equal(mine, np.arange(row * each + 1, row * each + 17))
        wanted.append(-np.log2(p[np.arange(16), codes[mine]]))
    assert writer.bits_per_character(net, task, rows=3, most=40) == pytest.approx(np.mean(wanted), rel=1e-5)


def small(library):
    task = writer.PythonSource(length=8, folder=library)
    rng = np.random.default_rng(0)
    net = le.Sequential(
        [le.Embedding(task.inputs, 4, rng=rng), le.LSTM(4, 6, rng=rng), le.Dense(6, task.outputs, rng=rng)]
    )
    return {"task": task, "net": net}


def test_a_training_that_was_stopped_goes_on_to_the_same_weights_and_log(library, tmp_path, monkeypatch):
    whole = writer.train(tmp_path / "whole", steps=60, **small(library))
    real = training.save_checkpoint

    def stop(*given):
        real(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", stop)
    for steps in (80, 60):  # more steps until the rate begins to fall make no difference
        with pytest.raises(KeyboardInterrupt):
            writer.train(tmp_path / "parts", steps=steps, **small(library))
    monkeypatch.setattr(training, "save_checkpoint", real)
    parts = writer.train(tmp_path / "parts", steps=60, **small(library))
    assert whole["step"].tolist() == [25, 50, 60]
    exact = ["step", "characters", "rate"]
    np.testing.assert_allclose(whole[exact], parts[exact], rtol=1e-12)
    np.testing.assert_allclose(whole[["train_bits", "valid_bits"]], parts[["train_bits", "valid_bits"]], atol=2e-6)
    assert (np.diff(parts["core_seconds"]) >= 0).all()
    files = {folder: (tmp_path / folder / "python-writer.safetensors").read_bytes() for folder in ("whole", "parts")}
    assert files["whole"] == files["parts"]
    assert sorted(os.listdir(tmp_path / "parts")) == [f"python-writer.{end}" for end in ("csv", "json", "safetensors")]
    facts = [json.loads((tmp_path / folder / "python-writer.json").read_text()) for folder in ("whole", "parts")]
    assert facts[0] == facts[1]
    again = writer.shipped(tmp_path / "parts")
    assert again.log["step"].tolist() == [25, 50, 60]
    assert writer.bits_per_character(again.net, small(library)["task"]) == facts[0]["bits"]["test"]["network"]


def test_the_command_trains_into_the_folder_that_it_is_given(library, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(writer, "train", lambda out, steps, real=writer.train: real(out, steps=steps, **small(library)))
    python_writer.main(["--steps", "3", "--out", str(tmp_path)])
    assert (tmp_path / "python-writer.safetensors").is_file()
    assert "valid_bits" in capsys.readouterr().out


def test_what_ships_is_small_whole_and_says_where_it_comes_from():
    sizes = [path.stat().st_size for path in writer.DATA.glob("python-writer.*")]
    assert len(sizes) == 3
    assert sum(sizes) < MOST_BYTES
    shipped = writer.shipped()
    assert shipped.facts["command"] == f"python -m lstm_edu.course.making.python_writer --steps {python_writer.STEPS}"
    assert shipped.facts["settings"]["steps"] == shipped.log["step"].iloc[-1] == python_writer.STEPS
    assert list(shipped.log) == list(training.COLUMNS)
    assert len(shipped.facts["writings"]) == len(shipped.log)
    assert shipped.net.count_parameters() == shipped.facts["parameters"]
    assert len(shipped.facts["corpus"]) == 64
    assert all(
        writer.Source(name, "").split == split for split, names in shipped.facts["files"].items() for name in names
    )


def test_what_ships_was_trained_by_the_settings_that_the_command_has():
    settings = writer.shipped().facts["settings"]
    assert (settings["units"], settings["embedding"]) == (training.UNITS, training.EMBEDDING)
    assert (settings["rate"], settings["cooling"], settings["batch"]) == (
        training.RATE,
        training.COOLING,
        training.BATCH,
    )


def test_the_shipped_network_knows_this_pythons_library_better_than_any_table_of_the_log():
    shipped = writer.shipped()
    task = shipped.task(length=64)
    bits = writer.bits_per_character(shipped.net, task, rows=40, most=50_000)
    assert 1.2 < bits < min(shipped.facts["bits"]["test"]["tables"].values())


def test_the_shipped_network_can_be_reached_as_a_task_of_its_own_vocabulary():
    shipped = writer.shipped()
    assert shipped.task().vocabulary == shipped.facts["vocabulary"]
    text = le.sample_text(shipped.net, shipped.task(), writer.END + "def ", 30, temperature=0.5, rng=1)
    assert len(text) == 30
