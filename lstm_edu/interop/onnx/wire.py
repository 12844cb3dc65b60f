"""How much of a file of Protocol Buffers is structure: a look at the bytes before anything is made of them.

A message of two bytes takes a hundred and fifty in memory, so that a file of 100 MB could fill 7 GB. The numbers of the
weights take what they take; all else is to be short.
"""

from typing import Any

MOST_PARTS = 2**19
MOST_BYTES = 2**22  # beside the numbers of the weights
DEEPEST = 100  # what Protocol Buffers read, too
NUMBERS = {"float_data", "int32_data", "int64_data", "raw_data", "double_data", "uint64_data"}  # of a TensorProto
VARINT, EIGHT, TEXT, FOUR = 0, 1, 2, 5  # how a field is written


def check(data: bytes, message: Any) -> None:
    """Look whether a file is short enough to be read.

    Parameters
    ----------
    data : bytes
        All of it.
    message : type
        The message that it should be; its descriptor says which fields are messages themselves.

    Raises
    ------
    ValueError
        For more structure than any network has, and for what is no such file.

    Examples
    --------
    >>> import onnx
    >>> check(bytes([58, 2, 10, 0]), onnx.ModelProto)  # a graph of one empty node
    >>> check(b"no such file", onnx.ModelProto)
    Traceback (most recent call last):
        ...
    ValueError: byte 0 begins no field
    """
    look = _Look(data)
    look.at(message.DESCRIPTOR, 0, len(data))
    beside = len(data) - look.numbers
    if beside > MOST_BYTES:
        raise ValueError(f"it has {beside} bytes beside its weights, {MOST_BYTES} at most are read")


class _Look:
    """The parts that were seen, and the bytes of weights."""

    def __init__(self, data: bytes) -> None:
        self.data, self.parts, self.numbers = data, 0, 0
        self.known: dict[str, dict[int, Any]] = {}  # message -> number of a field -> the message that it is, or whether

    def fields(self, kind: Any) -> dict[int, Any]:
        """Which fields of a message are messages themselves, and which are weights (True)."""
        if kind.full_name not in self.known:
            weights = NUMBERS if kind.name == "TensorProto" else ()
            self.known[kind.full_name] = {f.number: f.name in weights or f.message_type for f in kind.fields}
        return self.known[kind.full_name]

    def at(self, kind: Any, at: int, end: int, deep: int = 0) -> None:
        """Look at one message."""
        if deep > DEEPEST:
            raise ValueError(f"its parts lie more than {DEEPEST} deep in each other")
        fields = self.fields(kind)
        while at < end:
            self.parts += 1
            if self.parts > MOST_PARTS:
                raise ValueError(f"it has more than {MOST_PARTS} parts")
            begin = at
            tag, at = self.varint(at, end)
            how = tag & 7
            if how == VARINT:
                _, at = self.varint(at, end)
            elif how == TEXT:
                size, at = self.varint(at, end)
                inner = fields.get(tag >> 3)
                if inner is True:
                    self.numbers += size
                elif inner and size and at + size <= end:
                    self.at(inner, at, at + size, deep + 1)
                at += size
            elif how in (EIGHT, FOUR):
                at += 8 if how == EIGHT else 4
            else:
                raise ValueError(f"byte {begin} begins no field")
            if at > end:
                raise ValueError(f"what begins at byte {begin} goes beyond its end")

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """A number of seven bits a byte, and where it ends."""
        value = 0
        for shift in range(0, 70, 7):
            if at >= end:
                raise ValueError(f"it ends at byte {end}, within a number")
            byte = self.data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
        raise ValueError(f"byte {at} is no number")
