"""How much of a file of Protocol Buffers is structure: a look at the bytes before anything is made of them.

A message of two bytes takes a hundred in memory, so that a file of 100 MB could fill 7 GB. The numbers of the weights
take what they take; all else is to be short.
"""

MOST_PARTS = 2**18
DEEPEST = 100
MOST_BYTES = 2**22  # beside the numbers of the weights

# The fields that are messages and lead to weights, and the fields of a tensor that are its numbers (onnx.proto3).
WITHIN: dict[str, dict[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph"},
    "tensor": {},
}
NUMBERS = {4, 5, 7, 9, 10, 11}  # float_data, int32_data, int64_data, raw_data, double_data, uint64_data
VARINT, EIGHT, TEXT, FOUR = 0, 1, 2, 5  # how a field is written


def check(data: bytes) -> None:
    """Look whether a file is short enough to be read.

    Parameters
    ----------
    data : bytes
        All of it.

    Raises
    ------
    ValueError
        For more structure than any network has, and for what is no such file.

    Examples
    --------
    >>> check(bytes([58, 2, 10, 0]))  # a graph of one empty node
    >>> check(b"no such file")
    Traceback (most recent call last):
        ...
    ValueError: byte 0 begins no field
    """
    found = [0, 0]
    _look(data, "model", 0, len(data), found)
    beside = len(data) - found[1]
    if beside > MOST_BYTES:
        raise ValueError(f"it has {beside} bytes beside its weights, {MOST_BYTES} at most are read")


def _look(data: bytes, kind: str, at: int, end: int, found: list[int], deep: int = 0) -> None:
    """Add the parts of a message, and the bytes of numbers in it, to what was found."""
    if deep > DEEPEST:
        raise ValueError(f"its parts lie more than {DEEPEST} deep in each other")
    while at < end:
        found[0] += 1
        if found[0] > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        begin = at
        tag, at = _varint(data, at, end)
        field, how = tag >> 3, tag & 7
        if how == VARINT:
            _, at = _varint(data, at, end)
        elif how == TEXT:
            size, at = _varint(data, at, end)
            if field in WITHIN[kind] and at + size <= end:
                _look(data, WITHIN[kind][field], at, at + size, found, deep + 1)
            elif kind == "tensor" and field in NUMBERS:
                found[1] += size
            at += size
        elif how in (EIGHT, FOUR):
            at += 8 if how == EIGHT else 4
        else:
            raise ValueError(f"byte {begin} begins no field")
        if at > end:
            raise ValueError(f"what begins at byte {begin} goes beyond its end")


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise ValueError(f"it ends at byte {end}, within a number")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError(f"byte {at} is no number")
