"""Files at the border: CSV, Parquet and Excel into ``pyarrow.Table``, only the columns asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ._errors import Error

Choose = Callable[[list[str]], tuple[list[str], set[str]]]  # header -> names to read, and those of them that are ids


def is_path(frame: Any) -> bool:
    """Whether the caller gave a file's name."""
    return isinstance(frame, (str, os.PathLike))


def read_file(path: str | os.PathLike[str], argument: str, choose: Choose) -> pa.Table:
    """The columns that ``choose`` picks from the file's header.

    Fails with ``gx.Error`` of code "io" when the file is missing, cut off or of a kind that is not read.
    """
    name = os.fspath(path)
    lower = name.lower()
    if not os.path.isfile(name):
        raise Error(f"{argument}: there is no file '{name}'", "io")
    try:
        if lower.endswith((".parquet", ".pq")):
            return _parquet(name, choose)
        if lower.endswith((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")):
            return _excel(name, argument, choose)
        if lower.endswith((".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".csv.bz2", ".csv.zst")):
            return _csv(name, argument, choose)
    except Error:
        raise
    except (pa.ArrowException, OSError, EOFError, ValueError) as why:
        first = str(why).splitlines()[0] if str(why) else type(why).__name__
        raise Error(f"{argument}: '{name}' cannot be read, it is damaged or cut off ({first})", "io") from None
    raise Error(f"{argument}: '{name}' is no file of a kind that is read; give .csv, .csv.gz, .parquet or .xlsx", "io")


def _parquet(name: str, choose: Choose) -> pa.Table:
    import pyarrow.parquet as pq

    with pq.ParquetFile(name) as file:
        columns, _ = choose(file.schema_arrow.names)
        return file.read(columns=columns)


def _csv(name: str, argument: str, choose: Choose) -> pa.Table:
    import pyarrow.csv as csv

    with pa.input_stream(name, compression="detect") as stream:
        head = stream.read(1 << 16).decode("utf-8-sig", "replace")
    first = head.partition("\n")[0]
    if not first.strip():
        raise Error(f"{argument}: '{name}' is empty", "empty")
    delimiter = max(",;\t|", key=first.count)
    parse = csv.ParseOptions(delimiter=delimiter, newlines_in_values=False)
    with pa.input_stream(name, compression="detect") as stream:
        data = stream.read()
    source = pa.BufferReader(data)
    header = csv.open_csv(pa.BufferReader(data), parse_options=parse).schema.names
    columns, ids = choose(header)
    convert = csv.ConvertOptions(include_columns=columns, column_types={c: pa.string() for c in ids}, strings_can_be_null=True)
    table = csv.read_csv(source, parse_options=parse, convert_options=convert)
    for c in ids:  # numbers stay numbers, but "007" is a text
        table = table.set_column(table.column_names.index(c), c, numbers_if_plain(table.column(c)))
    return table


def numbers_if_plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as 64-bit integers when every one of them is the decimal text of one; else as they are."""
    plain = pc.all(pc.match_substring_regex(column, r"^(0|-?[1-9][0-9]{0,17})$")).as_py()
    return column.cast(pa.int64()) if plain else column


def _excel(name: str, argument: str, choose: Choose) -> pa.Table:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise Error(f"{argument}: to read '{name}' install python-calamine (pip install 'guanxi[excel]')", "io") from None
    try:
        rows = CalamineWorkbook.from_path(name).get_sheet_by_index(0).to_python()
    except CalamineError as why:
        raise Error(f"{argument}: '{name}' cannot be read, it is damaged or cut off ({why})", "io") from None
    if not rows:
        raise Error(f"{argument}: the first sheet of '{name}' is empty", "empty")
    header = [str(cell).strip() for cell in rows[0]]
    columns, ids = choose(header)
    result: dict[str, pa.Array] = {}
    for c in columns:
        at = header.index(c)
        cells = [row[at] if at < len(row) and row[at] != "" else None for row in rows[1:]]
        if c in ids:
            cells = [int(v) if isinstance(v, float) and v.is_integer() else v for v in cells]
        try:
            result[c] = pa.array(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            result[c] = pa.array([None if v is None else str(v) for v in cells], pa.string())
    return pa.table(result)
