"""A product in parts, each on a thread that waits for it. Compiled only where there are such threads."""

from . import team
from .by_name import by_name
from .product import product
from .tile import VECTORS, at, lanes


@by_name("out", "begin", "h", "weights")
def share(out, out_row, begin, begin_row, h, h_row, weights, panel, u_row, rows, K, N, alone):
    """As `product`, on several threads. Every part is a number of whole panels."""
    width, slots = VECTORS * lanes(out), team.slots(out)
    panels = -(-N // width)
    parts = min(panels, team.size(slots) + 1)
    if parts == 1 or not team.claim(slots):
        product(out, out_row, begin, begin_row, h, h_row, weights, panel, u_row, rows, K, N, 1)
        return
    for p in range(parts - 1, -1, -1):  # the first is made here, and then what nobody has taken
        n0, n1 = width * (panels * p // parts), min(N, width * (panels * (p + 1) // parts))
        o, s, u = at(out, n0), at(begin, n0), at(weights, n0 // width * panel)
        if p > 0 and team.post(slots, p, o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, n1 - n0):
            continue
        product(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, n1 - n0, 1)
    for p in range(1, parts):
        if team.taken_back(slots, p):
            n0, n1 = width * (panels * p // parts), min(N, width * (panels * (p + 1) // parts))
            o, s, u = at(out, n0), at(begin, n0), at(weights, n0 // width * panel)
            product(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, n1 - n0, 1)
    team.release(slots)


@by_name("numbers")
def serve(numbers, p, patience):
    """Make the parts that are posted in slot p, until none has come for so many looks."""
    slots, idle = team.slots(numbers), 0
    if not team.enter(slots, p):
        return
    while idle < patience:
        team.pause()
        idle += 1
        if team.take(slots, p):
            o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, N = team.order(slots, p, numbers)
            product(o, out_row, s, begin_row, h, h_row, u, panel, u_row, rows, K, N, 1)
            team.done(slots, p)
            idle = 0
        if idle == patience and not team.leave(slots, p):
            idle = 0
