"""The figures and the README's tables of speed, made from the CSV files that the others leave in figures/.

python benchmarks/readme.py          writes them anew
"""

from pathlib import Path

import pictures
import table

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("benchmark.csv", "cold.csv", "options.csv", "sequences.csv")
BEGIN, END = "<!-- the contest -->\n", "<!-- end -->"
PICTURE = "forward+backward"


def in_readme(rows, cold, options, sequences, text):
    """The README's text with its part between the two markers anew; a ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no tables of speed between {BEGIN.strip()} and {END}")
    return f"{before}{begin}\n{section(rows, cold, options, sequences)}\n{end}{after}"


def section(rows, cold, options=(), sequences=()):
    """All that the README says of these measurements, in Markdown."""
    parts = [
        picture(rows),
        means(rows),
        where_behind(rows),
        two_threads(rows),
        shares(rows),
        from_options(options),
        from_sequences(sequences),
        from_cold(cold),
    ]
    return "\n".join(part for part in parts if part)


def picture(rows):
    """The figure, with its text for those who can't see it."""
    shown = [row for row in compared(rows) if row["pass"] == PICTURE and row["threads"] == 1]
    if not shown:
        return ""
    said = []
    for (processor, instructions), part in table.runs(shown).items():
        low, high = (pick(part, key=lambda row: row["ratio"]) for pick in (min, max))
        said.append(
            f"{processor} with {table.INSTRUCTIONS[instructions]} from {low['ratio']:.2f} for {cell_at(low)} to "
            f"{high['ratio']:.2f} for {cell_at(high)}"
        )
    alt = f"Tables of numbers, cells by sizes: the time of the fastest peer over ours for {PICTURE}. {'; '.join(said)}."
    return f"![{alt}](figures/benchmark-{pictures.file_name(PICTURE)}.png)\n"


def means(rows):
    """Geometric means over the sizes on one thread, a table for each processor and instruction set."""
    parts = []
    for (processor, instructions), part in table.runs(compared(rows)).items():
        one = [row for row in part if row["threads"] == 1]
        cells = [cell for cell in table.CELLS if any(row["cell"] == cell for row in one)]
        if not cells:
            continue
        run = f"{processor}, {table.INSTRUCTIONS[instructions]}, measured {measured_on(one)}, one thread"
        lines = [
            f"{run}: the geometric mean over the sizes, in brackets the lowest.\n",
            line("the peer's time over ours", *map(title, cells)),
            line(*["---"] * (len(cells) + 1)),
        ]
        for pass_ in dict.fromkeys(row["pass"] for row in one):
            link = f"[{pass_}](figures/benchmark-{pictures.file_name(pass_)}.png)"
            lines.append(line(f"{link}, to the fastest peer", *(mean(one, pass_, cell) for cell in cells)))
            if pass_ != "inference":
                lines.append(line(f"{pass_}, to PyTorch", *(mean(one, pass_, cell, "pytorch") for cell in cells)))
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def mean(rows, pass_, cell, peer=None):
    """The geometric mean of the ratios and the lowest of them: to one peer, or to the fastest of each row."""
    found = [row for row in rows if (row["pass"], row["cell"]) == (pass_, cell)]
    if peer is None:
        ratios = [row["ratio"] for row in found]
    else:
        ratios = [table.times(row)[peer] / row[f"{table.OURS}_ms"] for row in found if peer in table.times(row)]
    return f"{table.geometric_mean(ratios):.1f} ({min(ratios):.2f})" if ratios else ""


def where_behind(rows):
    """Every row in which a peer is faster."""
    all_ = compared(rows)
    found = table.behind(all_)
    if not all_:
        return ""
    if not found:
        return f"No peer is ahead in any of {len(all_)} rows.\n"
    lines = [
        f"A peer is ahead in {len(found)} of {len(all_)} rows:\n",
        line("instructions", "threads", "pass", "peer", "where, and its time over ours"),
        line(*["---"] * 5),
    ]
    groups = {}
    for row in found:
        groups.setdefault((row["instructions"], row["threads"], row["pass"], row["fastest_peer"]), []).append(row)
    several = len({processor for processor, _ in table.runs(all_)}) > 1
    for key, part in sorted(groups.items()):
        instructions, threads, pass_, peer = key
        chips = (f" on {row['processor']}" if several else "" for row in part)
        places = (f"{cell_at(row)}{on} {below_one(row['ratio'])}" for row, on in zip(part, chips, strict=True))
        lines.append(line(table.INSTRUCTIONS[instructions], threads, pass_, table.PEERS[peer], "; ".join(places)))
    return "\n".join(lines) + "\n"


def two_threads(rows):
    """What the second thread gives, ours and the fastest peer's, for the LSTM."""
    lines = []
    for (processor, instructions), part in table.runs(rows).items():
        found = {(table.size_of(row), row["threads"]): row for row in part if is_lstm(row)}
        for size in dict.fromkeys(size for size, threads in found if threads == 1 and (size, 2) in found):
            one, two = found[size, 1], found[size, 2]
            gain = one[f"{table.OURS}_ms"] / two[f"{table.OURS}_ms"]
            ratio = f"{two['ratio']:.2f}" if table.known(two["ratio"]) else ""
            lines.append(line(processor, table.INSTRUCTIONS[instructions], size, f"{gain:.2f}", ratio))
    if not lines:
        return ""
    head = [
        f"Two threads, LSTM, {PICTURE}, beside the fastest peer with two threads:\n",
        line(
            "processor", "instructions", "(B, T, D, H)", "one thread's time over two's", "the fastest peer's over ours"
        ),
        line(*["---"] * 5),
    ]
    return "\n".join(head + lines) + "\n"


def shares(rows):
    """How much of the matrix-product peak the LSTM reaches where its products are large."""
    lines = []
    for (processor, instructions), part in table.runs(rows).items():
        found = [row for row in part if is_lstm(row) and row["H"] >= 128 and table.known(row["share_of_peak"])]
        said = [f"{row['share_of_peak']:.0%} at {table.size_of(row)}" for row in found]
        if said:
            lines.append(f"- {processor}, {table.INSTRUCTIONS[instructions]}: {', '.join(said)}")
    head = f"Share of the machine's matrix-product peak with the same instructions, LSTM, {PICTURE}, one thread:\n"
    return "\n".join([head, *lines]) + "\n" if lines else ""


def from_cold(cold):
    """What is compiled at the first call."""
    if not cold:
        return ""
    lines = ["With an empty cache, each in a process of its own (`benchmarks/cold.py`):\n"]
    lines += [line("what", "processor", "instructions", "seconds"), line(*["---"] * 4)]
    lines += [line(r["title"], r["processor"], r["instructions"].upper(), f"{r['seconds']:.1f}") for r in cold]
    return "\n".join(lines) + "\n"


def from_options(rows):
    """What each option costs beside its cell."""
    if not rows:
        return ""
    parts = ["The time of each switch over that of its cell, one thread, in turns (`benchmarks/options.py`):\n"]
    for (processor, instructions), part in table.runs(rows).items():
        places = dict.fromkeys((row["pass"], table.size_of(row)) for row in part)
        head = line("option", "multiply-adds", *(f"{pass_} {size}" for pass_, size in places))
        parts += [f"{processor}, {table.INSTRUCTIONS[instructions]}, measured {measured_on(part)}:\n", head]
        parts.append(line(*["---"] * (len(places) + 2)))
        for option in dict.fromkeys(row["option"] for row in part):
            found = {(row["pass"], table.size_of(row)): row for row in part if row["option"] == option}
            most = max(row["products"] for row in found.values())
            ratios = (f"{found[place]['ratio']:.2f}" if place in found else "" for place in places)
            parts.append(line(option, f"x {most:.2f}", *ratios))
        parts.append("")
        said = [
            f"{row['option']} {row['pass']} {table.size_of(row)} {row['peer']} {row['peer_ms'] / row['option_ms']:.2f}"
            for row in part
            if table.known(row["peer"])
        ]
        if said:
            parts.append(f"Where a peer has the option as one operator, its time over ours: {'; '.join(said)}.\n")
    return "\n".join(parts)


def from_sequences(rows):
    """What a change of the weights after each sequence costs."""
    parts = []
    for (processor, instructions), part in table.runs(rows).items():
        ours = next((row["steps_per_second"] for row in part if row["who"] == "rule of 1997"), None)
        if ours is None:
            continue
        run = f"{processor}, {table.INSTRUCTIONS[instructions]}, measured {measured_on(part)}"
        parts.append(f"{run}:\n\n{line('what', 'weights', 'million steps a second', 'time over the first')}")
        parts.append(line(*["---"] * 4))
        for row in part:
            speed = row["steps_per_second"]
            parts.append(line(row["title"], row["weights"], f"{speed / 1e6:.2f}", f"{ours / speed:.1f}"))
        parts.append("")
    if not parts:
        return ""
    head = (
        "What the experiments of 1997 are made of, the weights of a tiny network changed after each sequence (adding, "
        "T = 100, one thread, in turns; `benchmarks/sequences.py`):\n"
    )
    return "\n".join([head, *parts])


def compared(rows):
    return [row for row in rows if table.known(row["ratio"])]


def below_one(ratio):
    """A ratio below 1 as text that says so."""
    return f"{ratio:.2f}" if ratio < 0.995 else f"{ratio:.4f}"


def is_lstm(row):
    return row["cell"] == "lstm" and row["pass"] == PICTURE


def measured_on(rows):
    first, last = (pick(row["date"] for row in rows) for pick in (min, max))
    return first if first == last else f"{first} to {last}"


def title(cell):
    from lstm_edu.plotting.style import CELL_TITLES

    return CELL_TITLES[cell]


def cell_at(row):
    return f"{title(row['cell'])} {table.size_of(row)}"


def line(*cells):
    return f"| {' | '.join(map(str, cells))} |"


def main():
    from lstm_edu.core.files import replace_file

    figures, path = ROOT / "figures", ROOT / "README.md"
    rows, *others = (table.read(figures / name) for name in KEPT)
    pictures.draw(rows, figures)
    replace_file(path, in_readme(rows, *others, path.read_text(encoding="utf-8")).encode())


if __name__ == "__main__":
    main()
