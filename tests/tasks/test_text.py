import errno
import math
import os
import pickle
import re
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

import lstm_edu.tasks.text as module
from lstm_edu.tasks import Text


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def random_text(n, letters="abc dé\n", seed=0):
    return "".join(np.random.default_rng(seed).choice(list(letters), n))


def columns(task, array):
    return [task.decode(array[:, b]) for b in range(array.shape[1])]


def test_target_is_the_next_character_of_a_window_of_the_text(write):
    text = random_text(500)
    task = Text(write(text), length=9)
    batch = task.sample(200, 1)
    for given, wanted in zip(columns(task, batch.x), columns(task, batch.target), strict=True):
        assert len(given) == 9
        assert given[1:] == wanted[:-1]
        assert given + wanted[-1] in text


@pytest.mark.parametrize(("split", "part"), [("train", "abcdefgh"), ("valid", "i"), ("test", "j")])
def test_a_split_is_eight_one_or_one_tenth_of_the_text_in_this_order(write, split, part):
    # A letter for each tenth, a capital at both of its ends, so that no step across can hide.
    text = "".join(c.upper() + c * 17 + c.upper() for c in "abcdefghij")
    task = Text(write(text), length=17)
    seen = set("".join(columns(task, task.sample(3000, 2, split).x)))
    assert seen == set(part + part.upper())
    ends = set(columns(task, task.sample(3000, 3, split).target))
    assert max(ends, key=text.find).endswith(part[-1].upper())  # the last window is drawn too


def test_every_window_of_a_split_can_be_drawn(write):
    task = Text(write("".join(chr(0x4E00 + k) for k in range(200))), length=5)
    first = {ord(c[0]) - 0x4E00 for c in columns(task, task.sample(3000, 4, "test").x)}
    assert first == set(range(180, 195))


def test_the_vocabulary_is_that_of_the_whole_text_sorted(write):
    text = "b" * 90 + "a" * 90 + "\n" + "é" * 18 + "z"
    task = Text(write(text), length=3)
    assert task.vocabulary == "\nabzé"
    assert task.inputs == task.outputs == 5


def test_encode_and_decode_are_inverse(write):
    task = Text(write(random_text(500)), length=9)
    assert task.encode("bad é\n").tolist() == [task.vocabulary.index(c) for c in "bad é\n"]
    assert task.decode(task.encode("bad é\n")) == "bad é\n"
    assert task.decode([]) == ""
    assert task.encode("").shape == (0,)
    assert task.encode("a").dtype == np.int64


def test_a_stream_reads_each_row_on_where_it_stopped(write):
    text = random_text(1000)
    task = Text(write(text), length=10)
    batches = list(task.stream(7))
    rows = ["".join(task.decode(batch.x[:, b]) for batch in batches) for b in range(7)]
    part = 799 // 7
    assert len(batches) == part // 10
    for b, row in enumerate(rows):
        assert row == text[b * part : b * part + len(row)]
        last = task.decode(batches[-1].target[:, b])
        assert row[-9:] + last[-1] == last == text[b * part + len(row) - 9 : b * part + len(row) + 1]
    assert all(batch.x.shape == batch.target.shape == (10, 7) for batch in batches)
    assert all(batch.lengths is None for batch in batches)


@pytest.mark.parametrize(("split", "start", "stop"), [("valid", 800, 900), ("test", 900, 1000)])
def test_a_stream_of_one_row_reads_the_whole_split_but_for_less_than_a_sequence(write, split, start, stop):
    text = random_text(1000)
    task = Text(write(text), length=33)
    read = "".join(task.decode(batch.x[:, 0]) for batch in task.stream(1, split))
    assert read == text[start : start + 99]
    assert start + 99 < stop


def test_a_stream_that_fits_to_the_last_character_uses_it(write):
    task = Text(write("".join(chr(0x4E00 + k) for k in range(210))), length=20)  # 21 characters: 20 targets
    (batch,) = task.stream(1, "test")
    assert ord(task.decode(batch.target[:, 0])[-1]) - 0x4E00 == 209


def test_a_stream_leaves_a_last_sequence_out_whose_last_target_is_missing(write):
    task = Text(write(random_text(200)), length=10)  # 20 characters to test on have 19 targets
    assert len(list(task.stream(1, "test"))) == 1
    assert len(list(task.stream(1, "train"))) == 15


def test_no_one_can_change_the_text_that_others_share():
    with pytest.raises(ValueError, match="read-only"):
        Text()._codes[0] = 1


def test_changing_x_leaves_the_target_alone(write):
    task = Text(write(random_text(500)), length=9)
    for batch in (task.sample(3, 0), next(task.stream(3))):
        target = batch.target.copy()
        batch.x[...] = 0
        assert np.array_equal(batch.target, target)


def literal_bigram_loss(text):
    train, test = text[: len(text) * 8 // 10], text[len(text) * 9 // 10 :]
    pairs, single = defaultdict(int), defaultdict(int)
    for a, b in pairwise(train):
        pairs[a, b] += 1
        single[a] += 1
    losses = [-math.log((pairs[a, b] + 1) / (single[a] + len(set(text)))) for a, b in pairwise(test)]
    return sum(losses) / len(losses)


@pytest.mark.parametrize(
    "text",
    [random_text(400), "ab" * 300, random_text(300, "abcdefgh") + "xyzé" * 20, "to be or not to be, that is it. " * 30],
)
def test_the_baseline_is_the_smoothed_pair_count_of_the_training_part(write, text):
    assert Text(write(text), length=9).baseline == pytest.approx(literal_bigram_loss(text), rel=1e-12)


def test_a_network_that_knows_the_pairs_scores_the_baseline_over_the_test_part(write):
    text = random_text(3000, "abc")
    task = Text(write(text), length=299)
    table = np.ones((3, 3))
    for a, b in pairwise(text[:2400]):
        table[task.vocabulary.index(a), task.vocabulary.index(b)] += 1
    (batch,) = task.stream(1, "test")
    y = np.log(table / table.sum(axis=1, keepdims=True))[batch.x]
    loss = -np.take_along_axis(y, batch.target[:, :, None], axis=-1).mean()
    assert loss == pytest.approx(task.baseline)


def test_right_and_solved_mean_below_the_baseline(write):
    task = Text(write(random_text(500)), length=9)
    batch = task.sample(3, 5)

    def giving(losses):
        """An output whose loss is that much on average over the steps of each sequence, and different at each step."""
        p = np.exp(-(np.asarray(losses) + np.linspace(-0.6, 0.6, 9)[:, None]))[:, :, None]
        y = np.empty((9, 3, task.outputs))
        y[...] = np.log((1 - p) / (task.outputs - 1))
        np.put_along_axis(y, batch.target[:, :, None], np.log(p), axis=-1)
        return y - 50

    b = task.baseline
    assert task.correct(giving([b - 0.01, b + 0.01, b - 0.01]), batch).tolist() == [True, False, True]
    assert task.solved(giving([b - 0.5, b + 0.4, b]), batch)
    assert not task.solved(giving([b - 0.4, b + 0.5, b]), batch)


def test_units_of_loss():
    assert Text.perplexity(math.log(7)) == pytest.approx(7)
    assert Text.bits_per_character(math.log(8)) == pytest.approx(3)
    assert Text.bits_per_character(np.array([0.0, math.log(2)])).tolist() == [0, 1]


def test_without_a_file_the_text_is_readable_ascii_of_300_000_characters():
    task = Text()
    text = task.decode(task._codes)
    assert len(text) == 300_000
    assert set(text) <= {chr(c) for c in range(32, 127)} | {"\n"}
    assert "  " not in text
    assert "\n\n\n" not in text
    assert " \n" not in text
    assert "\n " not in text
    assert "The value for the built-in\nvariable is determined when the interpreter starts." in text
    assert 1 < task.baseline < math.log(task.inputs)


def test_bom_and_windows_line_ends_do_not_count(write):
    text = random_text(300)
    plain = Text(write(text, "a.txt"), length=9)
    windows = Text(write(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), "b.txt"), length=9)
    assert np.array_equal(plain.sample(20, 0).x, windows.sample(20, 0).x)
    assert plain.vocabulary == windows.vocabulary


def test_a_path_object_is_as_good_as_a_string(tmp_path, write):
    path = write(random_text(300))
    assert Text(tmp_path / "a.txt", 9) == Text(path, 9)
    assert hash(Text(tmp_path / "a.txt", 9)) == hash(Text(path, 9))


def test_a_file_is_prepared_once_and_again_when_it_changed(write, monkeypatch):
    path = write(random_text(300, seed=31))
    calls = []
    real = module._prepare
    monkeypatch.setattr(module, "_prepare", lambda text: calls.append(len(text)) or real(text))
    assert Text(path, 9)._codes is Text(path, 7)._codes
    write(random_text(400, seed=31))
    Text(path, 9)
    assert calls == [300, 400]


def test_a_change_that_keeps_size_and_time_is_seen(write):
    path = write("ab" * 200)
    os.utime(path, ns=(0, 0))
    assert Text(path, 9).vocabulary == "ab"
    write("xy" * 200)
    os.utime(path, ns=(0, 0))
    assert Text(path, 9).vocabulary == "xy"


def test_the_output_of_solved_may_be_a_list(write):
    task = Text(write(random_text(500)), length=9)
    batch = task.sample(3, 5)
    y = np.random.default_rng(0).normal(size=(9, 3, task.outputs))
    assert task.solved(y.tolist(), batch) == task.solved(y, batch)
    y[...] = 50 * np.eye(task.outputs)[batch.target]
    assert task.solved(y.tolist(), batch)


def test_a_relative_path_is_looked_up_where_the_process_is_now(tmp_path, monkeypatch):
    for folder, letter in (("one", "x"), ("two", "y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("ab" * 100 + letter)
        os.utime(tmp_path / folder / "a.txt", ns=(0, 0))
    monkeypatch.chdir(tmp_path / "one")
    assert Text("a.txt", 9).vocabulary == "abx"
    monkeypatch.chdir(tmp_path / "two")
    assert Text("a.txt", 9).vocabulary == "aby"


def test_a_pickled_text_needs_the_file_no_more(write):
    path = write(random_text(300))
    task = Text(path, 9)
    content = pickle.dumps(task)
    os.remove(path)
    module._prepared.cache_clear()
    assert np.array_equal(pickle.loads(content).sample(5, 0).x, task.sample(5, 0).x)


def test_many_different_characters_take_no_square_of_memory(write):
    task = Text(write("".join(chr(0x4E00 + k % 20_000) for k in range(60_000))), length=9)
    assert task.inputs == 20_000
    assert task.baseline > 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file must hold text, got {path!r}, which is empty"),
        (
            b"abc" * 30 + b"\xff" + b"abc" * 30,
            (
                "file must be UTF-8 text, got {path!r} with a wrong byte at position 90; it looks like cp1252: "
                "python -c \"open('{path}.utf-8', 'w', encoding='utf-8')"
                ".write(open({path!r}, encoding='cp1252').read())\" "
                "converts it"
            ),
        ),
        (b"ab" * 49, "file must hold at least 100 characters at length 9, got {path!r} with 98"),
        (b"a" * 300, "file must hold at least 2 different characters, got {path!r} with 1"),
        (b"\xef\xbb\xbf", "file must hold at least 2 different characters, got {path!r} with 0"),
        (b"a", "file must hold at least 2 different characters, got {path!r} with 1"),
        (b"ab", "file must hold at least 100 characters at length 9, got {path!r} with 2"),
    ],
)
def test_a_file_without_enough_text_is_refused(write, content, message):
    path = write(content)
    with pytest.raises(ValueError, match=f"^{re.escape(message.format(path=path))}$"):
        Text(path, 9)


def test_the_shortest_text_that_is_accepted_has_a_window_in_each_split(write):
    task = Text(write(random_text(100)), length=9)
    assert all(task.sample(3, 0, split).x.shape == (9, 3) for split in ("train", "valid", "test"))


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"file must be a text file, got 'nowhere.txt', which does not exist"):
        Text("nowhere.txt")


def test_what_is_no_readable_file_is_named(tmp_path, write, monkeypatch):
    with pytest.raises(ValueError, match="file must be a text file, got the folder"):
        Text(tmp_path)
    with pytest.raises(ValueError, match=r"file must be a readable text file, got 'a.x00b': .*embedded null"):
        Text("a\0b")
    with pytest.raises(ValueError, match="file must be a path or None, got 3"):
        Text(3)
    with pytest.raises(ValueError, match=r"file must be a path or None, got b'a.txt'"):
        Text(b"a.txt")

    def refuse(path, mode):
        raise PermissionError(13, "Permission denied", path)

    path = write(random_text(300))
    module._prepared.cache_clear()
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ValueError, match=r"file must be a readable text file, got '.*a.txt': Permission denied$"):
        Text(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows calls such a file missing")
def test_a_file_that_the_system_refuses_to_look_up_is_named():
    with pytest.raises(
        ValueError, match=f"file must be a readable text file, got 'xx.*: {os.strerror(errno.ENAMETOOLONG)}$"
    ):
        Text("x" * 5000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="which is no regular file"):
        Text(tmp_path / "pipe")


def test_wrong_arguments_are_named(write):
    task = Text(write(random_text(300)), length=9)
    with pytest.raises(ValueError, match="length must be a whole number of at least 1, got 0"):
        Text(length=0)
    with pytest.raises(ValueError, match="length must be at most 29999 for this text, got 30000"):
        Text(length=30_000)
    with pytest.raises(ValueError, match="text must be made of the task's vocabulary, got 'Q' at 2"):
        task.encode("abQZ")
    with pytest.raises(ValueError, match="text must be made of the task's vocabulary, got 'ÿ' at 0"):
        task.encode("ÿ")
    with pytest.raises(ValueError, match="text must be a str, got int"):
        task.encode(3)
    with pytest.raises(ValueError, match=r"codes must lie in 0 .. 6, got values from 0 to 7"):
        task.decode([0, 7])
    with pytest.raises(ValueError, match="batch must be at most 26 for split 'train' at length 9, got 27"):
        task.stream(27)
    with pytest.raises(ValueError, match="batch must be a whole number of at least 1, got 0"):
        task.stream(0)
    with pytest.raises(ValueError, match="unknown split 'tain'"):
        task.stream(1, "tain")


def test_the_largest_batch_that_a_stream_names_works(write):
    assert len(list(Text(write(random_text(300)), length=9).stream(26))) == 1


def test_a_python_without_its_help_pages_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pydoc_data.topics", None)
    with pytest.raises(ImportError, match="comes without its help pages"):
        module._default.__wrapped__()


def test_measures_are_perplexity_and_bits():
    measures = Text(length=10).measures(math.log(8))
    assert measures == {"perplexity": pytest.approx(8), "bits/char": pytest.approx(3)}


def test_with_unseen_the_vocabulary_is_that_of_the_training_part_and_all_else_is_one_character(write):
    text = "ab" * 400 + "abxé" * 25 + "aby\ufffd" * 25
    path = write(text)
    task = Text(path, length=9, unseen="?")
    assert task.vocabulary == "?ab"
    assert task.inputs == task.outputs == 3
    batch = next(task.stream(1, "test"))
    assert task.decode(batch.x[:, 0]) == "ab??ab??a"
    assert task.decode(task.encode("abyz")) == "ab??"
    only_training = Text(write("ab" * 400 + "abab" * 50, "b.txt"), length=9, unseen="?")
    np.testing.assert_array_equal(task._part("train"), only_training._part("train"))
    assert Text(path, length=9).vocabulary == "abxyé\ufffd"  # as ever


def test_unseen_changes_nothing_but_the_numbers_where_the_training_part_has_all(write):
    path = write(random_text(600))
    plain, own = Text(path, length=9), Text(path, length=9, unseen="\ufffd")
    assert own.vocabulary == plain.vocabulary + "\ufffd"
    for split in ("train", "valid", "test"):
        np.testing.assert_array_equal(plain._part(split), own._part(split))


@pytest.mark.parametrize(
    ("unseen", "words"),
    [
        ("ab", "must be one character"),
        ("", "must be one character"),
        (5, "must be one"),
        ("a", "must be a character that the training part lacks, got 'a'"),
    ],
)
def test_what_cannot_stand_for_the_unseen_is_refused(write, unseen, words):
    with pytest.raises(ValueError, match=f"unseen {words}"):
        Text(write(random_text(600)), length=9, unseen=unseen)


def test_a_short_text_has_a_length_that_fits_where_nobody_says_one(write):
    assert Text(write(b"ab" * 500)).length == 64
    assert Text(write(b"ab" * 55)).length == 10
    assert Text().length == 64
    with pytest.raises(ValueError, match="at least 650 characters at length 64"):
        Text(write(b"ab" * 55), 64)


def test_as_many_rows_as_a_stream_can_have_and_no_more(write):
    task = Text(write(b"abc" * 200), 9)
    for split in ("train", "valid", "test"):
        most = task.most_rows(split)
        assert next(task.stream(most, split)).x.shape == (9, most)
        with pytest.raises(ValueError, match=f"batch must be at most {most}"):
            task.stream(most + 1, split)
