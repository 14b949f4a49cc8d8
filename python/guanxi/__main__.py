"""The command line: ``guanxi review ledger.csv``, ``guanxi demo``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

from ._errors import Error

try:
    import typer
    from rich.console import Console
    from rich.table import Table
except ImportError as missing:  # pragma: no cover - the message is the behaviour
    sys.exit(f"guanxi: the command line needs {missing.name}; install guanxi[cli]")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Which customers deserve our limited people, time and money.")


def _show(review: Any, page: Path, seconds: float) -> None:
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(review.summary().rstrip(), highlight=False, markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for i, name in enumerate(review.header):
        table.add_column(name, justify="left" if i in (0, 1, 7, 8) else "right", no_wrap=True)
    for row in review.head(12):
        table.add_row(*row)
    console.print(table)
    console.print("\nWhat to do first", style="bold")
    for line in review.todo(5):
        console.print(f"- {line}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"\nThe page: {page} ({page.stat().st_size / 1e6:.1f} MB, {seconds:.1f} s)", highlight=False, markup=False, soft_wrap=True)


@app.command()
def review(
    ledger: Annotated[Path, typer.Argument(help="Our sales: CSV(.gz), Parquet or Excel, one row an order line.")],
    deliveries: Annotated[Path | None, typer.Option(help="Every supplier's deliveries as far as known: customer, supplier, period, amount.")] = None,
    hours: Annotated[float | None, typer.Option(help="Hours of our people over the horizon.")] = None,
    money: Annotated[float | None, typer.Option(help="Travel and samples over the horizon, in the ledger's currency.")] = None,
    horizon: Annotated[float, typer.Option(help="Length of forecast and plan.")] = 52,
    unit: Annotated[str, typer.Option(help="Unit of the horizon: D, W, M or Y.")] = "W",
    own: Annotated[str | None, typer.Option(help="Our name among the suppliers of the deliveries.")] = None,
    margin: Annotated[float | None, typer.Option(help="Part of sales that is left to us.")] = None,
    archive: Annotated[Path | None, typer.Option(help="Customer files to put on the page, without personal fields.")] = None,
    out: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("review.html"),
    customer: Annotated[str | None, typer.Option(help="Name of the customer column.")] = None,
    date: Annotated[str | None, typer.Option(help="Name of the date column.")] = None,
    amount: Annotated[str | None, typer.Option(help="Name of the amount column.")] = None,
) -> None:
    """The key-account review: one page, and the table's head here."""
    import guanxi as gx

    start = time.perf_counter()
    led = gx.Ledger(ledger, customer=customer, date=date, amount=amount)
    found = gx.review(led, deliveries=deliveries, hours=hours, money=money, horizon=horizon, unit=unit, own=own, margin=margin)
    if archive is None:
        page = found.to_html(out)
    else:
        with gx.Archive(archive, read_only=True) as kept:
            page = found.to_html(out, archive=kept)
    _show(found, page, time.perf_counter() - start)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(help="Customers of the simulated exporter.")] = 800,
    seed: Annotated[int, typer.Option(help="Names the simulated world.")] = 7,
    hours: Annotated[float, typer.Option(help="Hours of our people over the horizon.")] = 4_800,
    money: Annotated[float, typer.Option(help="Travel and samples over the horizon.")] = 250_000,
    out: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("review.html"),
) -> None:
    """The review of a simulated exporter whose truth is known."""
    import guanxi as gx

    start = time.perf_counter()
    sim = gx.simulate.exporter(customers=customers, seed=seed)
    found = gx.review(sim.ledger, deliveries=sim.deliveries, hours=hours, money=money)
    found.title = "Key-account review of a simulated exporter"
    page = found.to_html(out)
    _show(found, page, time.perf_counter() - start)


def main() -> None:
    """Entry point: errors are one sentence and exit code 2."""
    try:
        app()
    except Error as refused:
        print(f"guanxi: {refused}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
