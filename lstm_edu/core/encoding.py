"""Files that are no UTF-8: which encoding it is most likely, and how to convert them."""

import codecs
from os import PathLike

# With a mark at the beginning, in the order in which they must be looked for: that of UTF-32 begins as UTF-16's.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# The characters that a text in each of these is fullest of, in the order of how often one meets the encoding.
_FULL_OF = {
    "gb18030": "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下，。",
    "big5": "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下，。",
    "shift_jis": "のにはをたがでとしれさあいうおかきくけこすせそちつてなねまもやよらりるんイクシスタトラルレン、。",
    "euc_kr": "이다는에의가을를하고지은로서기사도한으나자어리들정인수대있아안그요습니시라해",
}
_ENOUGH = 0.1  # of the characters beyond ASCII: a wrong guess gives rare ones
_SAMPLE = 100_000  # bytes that are looked at


def likely_encoding(content: bytes) -> str:
    """The encoding of a text that is no UTF-8.

    Parameters
    ----------
    content : bytes
        Of the whole file, or its beginning.

    Returns
    -------
    str
        A name that Python knows; "cp1252", in which everything can be read, where nothing speaks for another.

    Examples
    --------
    >>> likely_encoding("从前有座山，山里有座庙。".encode("gb18030")), likely_encoding("Größe".encode("cp1252"))
    ('gb18030', 'cp1252')
    """
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name
    sample = content[:_SAMPLE]
    if (zeros := sample.count(0)) > 0.2 * len(sample):  # every second byte of plain letters
        return "utf-16-le" if sample[1::2].count(0) > zeros / 2 else "utf-16-be"
    best, found = _ENOUGH, "cp1252"
    for name, letters in _FULL_OF.items():
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        beyond = [letter for letter in text if ord(letter) > 127]
        known = sum(letter in letters for letter in beyond) / max(1, len(beyond))
        if known > best:
            best, found = known, name
    return found


def how_to_convert(path: str | PathLike, content: bytes) -> str:
    """What to type, in words for an error.

    Parameters
    ----------
    path : str or os.PathLike
        Of the file.
    content : bytes
        What it holds.

    Returns
    -------
    str
        The likely encoding and a command.
    """
    name, file = likely_encoding(content), str(path)
    new = f"{file}.utf-8"
    code = f"open({new!r}, 'w', encoding='utf-8').write(open({file!r}, encoding={name!r}).read())"
    return f'it looks like {name}: python -c "{code}" converts it'
