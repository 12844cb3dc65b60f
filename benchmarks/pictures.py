"""The contest's figures, drawn from its table: one for each pass, a panel for each processor and instruction set."""

import math

import table


def draw(rows, folder):
    """Write `benchmark-<pass>.png` for each pass that somebody can be compared in."""
    for pass_ in table.PASSES:
        threads = min((row["threads"] for row in rows), default=1)
        wanted = [row for row in rows if row["pass"] == pass_ and row["threads"] == threads]
        panels = table.runs(row for row in wanted if table.known(row["ratio"]))
        if panels:
            _draw_pass(pass_, int(threads), panels, folder / f"benchmark-{file_name(pass_)}.png")


def file_name(pass_):
    return pass_.replace("+", "-").replace(" ", "-")


def _draw_pass(pass_, threads, panels, path):
    from lstm_edu.plotting import save, style

    sizes = list(dict.fromkeys(table.size_of(row) for rows in panels.values() for row in rows))
    used = {row["cell"] for rows in panels.values() for row in rows}
    cells = [cell for cell in table.CELLS if cell in used]
    height = len(panels) * (0.7 + 0.5 * len(cells)) + 0.6
    figure, axes = style.new_figure(len(panels), 1, size=(1.6 + 1.05 * len(sizes), height), squeeze=False)
    logs = [abs(math.log2(row["ratio"])) for rows in panels.values() for row in rows]
    bound = 1.1 * max(1.5, *logs)
    for axis, ((processor, instructions), rows) in zip(axes[:, 0], panels.items(), strict=True):
        _draw_panel(axis, rows, cells, sizes, bound)
        axis.set_title(f"{processor}, {table.INSTRUCTIONS[instructions]}", fontsize=9)
    axes[-1, 0].set_xlabel("(B, T, D, H)")
    words = "thread" if threads == 1 else "threads"
    figure.suptitle(f"{pass_}, {threads} {words}: time of the fastest peer / ours; above 1 we are faster", fontsize=10)
    save(figure, path)


def _draw_panel(axis, rows, cells, sizes, bound):
    from matplotlib import colormaps

    from lstm_edu.plotting import style

    grid = [[math.nan] * len(sizes) for _ in cells]
    for row in rows:
        x, y = sizes.index(table.size_of(row)), cells.index(row["cell"])
        grid[y][x] = value = math.log2(row["ratio"])
        color = "white" if abs(value) > 0.6 * bound else "black"
        axis.text(x, y, f"{row['ratio']:.2f}", ha="center", va="center", color=color)
    axis.imshow(grid, cmap=colormaps["PuOr"], vmin=-bound, vmax=bound, aspect="auto")
    axis.grid(visible=False)
    axis.set_xticks(range(len(sizes)), [str(size) for size in sizes], fontsize=8)
    axis.set_yticks(range(len(cells)), [style.CELL_TITLES[cell] for cell in cells])
