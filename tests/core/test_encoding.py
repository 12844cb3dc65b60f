"""Files that are no UTF-8: the guess, and a command that converts."""

import codecs
import subprocess
import sys

import pytest

from lstm_edu.core.encoding import how_to_convert, likely_encoding

pytestmark = pytest.mark.kernels

TEXTS = {
    "gb18030": "从前有座山，山里有座庙，庙里有个老和尚在讲故事。",
    "big5": "從前有座山，山裡有座廟，廟裡有個老和尚在講故事。",
    "shift_jis": "これは日本語の文章です。漢字も少し含まれています。",
    "euc_kr": "이것은 한국어 문장입니다. 안녕하세요.",
    "cp1252": "Größe und Übermut tun selten gut. Ça va très bien, señor.",
    "utf-16": "Plain letters, and a é.",
    "utf-32": "Plain letters, and a é.",
    "utf-16-le": "Plain letters.",
    "utf-16-be": "Plain letters.",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_encoding_of_a_sentence_is_guessed(name):
    assert likely_encoding(TEXTS[name].encode(name)) == name


@pytest.mark.parametrize("content", [b"", b"\xff", b"\x00", b"\xff" * 7, bytes(range(256))])
def test_any_bytes_give_a_name_that_python_knows(content):
    assert codecs.lookup(likely_encoding(content)).name


def test_the_command_converts_the_file(tmp_path):
    path = tmp_path / "old.txt"
    path.write_text(TEXTS["gb18030"], encoding="gb18030")
    command = how_to_convert("old.txt", path.read_bytes()).split('"')[1]
    subprocess.run([sys.executable, "-c", command], check=True, cwd=tmp_path)
    assert (tmp_path / "old.txt.utf-8").read_text(encoding="utf-8") == TEXTS["gb18030"]
