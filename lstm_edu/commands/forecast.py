"""`lstm-edu forecast`: a network that was trained on a series looks beyond the end of a file."""

from pathlib import Path
from typing import Annotated

import typer

from .output import keep_what_is_read


def forecast(
    model: Annotated[Path, typer.Argument(help="What `lstm-edu train series` wrote.")],
    file: Annotated[Path, typer.Argument(help="A CSV file: the series up to now, the oldest row first.")],
    steps: Annotated[int | None, typer.Option(help="Rows to forecast.  [default: what it sees at once]", min=1)] = None,
    column: Annotated[str | None, typer.Option(help="The column.  [default: the one it was trained on]")] = None,
    time: Annotated[str | None, typer.Option(help="The column of times, which then go on.")] = None,
    out: Annotated[Path, typer.Option(help="The table; beside it a figure.")] = Path("forecast.csv"),
) -> None:
    """Forecast the rows behind the end of a CSV file, with intervals.

    Beyond what it sees at once the network reads its own forecast. The intervals come from its errors on rows that it
    was not trained on; beyond the distance at which these were measured they are as wide as the widest."""
    import pandas as pd

    from lstm_edu import load, plotting
    from lstm_edu.core.files import replace_file
    from lstm_edu.experiments.own.series import kept_widths
    from lstm_edu.experiments.own.table import read_column, times_after
    from lstm_edu.nn import forecasting

    if out.suffix.lower() == ".png":
        raise ValueError(f"out must be the name of the table, such as 'forecast.csv', got {str(out)!r}")
    keep_what_is_read((out, out.with_suffix(".png")), [path for path in (file, model) if path.exists()])
    net = load(model)
    trained = {} if net.about is None else net.about.trained
    if "window" not in trained:
        raise ValueError(f"model: {str(model)!r} was not trained on a series: lstm-edu inspect says on what")
    levels, kept = kept_widths(net)
    name, values, times = read_column(file, _column(column, trained, file), time)
    ahead = steps or int(net.outputs or 1)
    path = forecasting.forecast(net, values, ahead)
    widths = [forecasting.widened(width, ahead) for width in kept]
    later = times_after(times, ahead)
    table = pd.DataFrame({"ahead": range(1, ahead + 1), name: path})
    if later is not None:
        table.insert(1, time or "time", later)
    for level, width in zip(levels, widths, strict=True):
        table[f"low {level:.0%}"], table[f"high {level:.0%}"] = path - width, path + width
    replace_file(out, table.to_csv(index=False).encode())
    figure = out.with_suffix(".png")
    along = None
    if later is not None:
        dates = pd.api.types.is_datetime64_any_dtype(times)
        along = [*times, *(pd.to_datetime(later) if dates else later)]
    bands = {f"{level:.0%}": width for level, width in zip(levels, widths, strict=True)}
    first = max(0, len(values) - max(4 * ahead, int(trained["window"])))
    drawn = plotting.forecast(
        values, [(len(values), path)], bands, times=along, first=first, title=f"{name}, {ahead} rows ahead", name=name
    )
    plotting.save(drawn, figure)
    print(table.head(12).to_string(index=False, float_format="{:.5g}".format))
    if ahead > 12:
        print(f"... {ahead - 12} more")
    if net.outputs is not None and ahead > net.outputs:
        print(f"The network sees {net.outputs} rows ahead; for the others it read its own forecast.")
    if ahead > len(kept[0]):
        print(f"Errors were measured up to {len(kept[0])} rows ahead; beyond, the intervals are as wide as the widest.")
    print(f"table: {out}; figure: {figure}")


def _column(column: str | None, trained: dict, file: Path) -> str | None:
    """The one that was asked for, or the one that the network knows, if the file has it."""
    if column is not None:
        return column
    name = trained.get("column")
    return name if isinstance(name, str) else None
