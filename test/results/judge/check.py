"""Compares what Rowmill wrote with what pyarrow had: check.py FOLDER, whose copies are NAME.EXTENSION.to.FORMAT.
Prints a JSON array of faults, a line each."""

import csv
import json
import re
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from texts import Number, as_stored, plain
from types_of import in_parquet, lowered
from values import values

csv.field_size_limit(10**9)
folder = Path(sys.argv[1])
faults = []


def read_arrow(path):
    with pa.memory_map(str(path)) as file:
        try:
            return pa.ipc.open_file(file).read_all()
        except pa.ArrowInvalid:
            return pa.ipc.open_stream(file).read_all()


def read(path):
    return pq.read_table(path) if path.suffix == ".parquet" else read_arrow(path)


def raw_number(text):
    return Number(text)


def parse(text):
    return json.loads(text, parse_int=raw_number, parse_float=raw_number, parse_constant=raw_number)


def type_text(type_):
    # Parquet's maps have names for their parts, which pyarrow shows
    return re.sub(r" \('\w+'\)|element: |item: |not null", "", str(type_)).replace("<element", "<").replace("  ", " ")


def check_typed(copy, path, column, source, known, to_parquet):
    """@param known: types that the copy may have, before what a format can't hold"""
    back = read(path).column(column)
    wanted = {type_text(in_parquet(lowered(type_)) if to_parquet else lowered(type_)) for type_ in known}
    if type_text(back.type) not in wanted:
        faults.append(f"{copy} {column}: {source.type} became {back.type}, not one of {sorted(wanted)}")
    before = values(source)
    if to_parquet:
        before = [as_stored(value, source.type) for value in before]
    compare(copy, column, before, values(back))


def compare(copy, column, before, after):
    if before == after:
        return
    row = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), -1)
    at = f"row {row}: {before[row]!r} became {after[row]!r}" if row >= 0 else f"{len(before)} rows became {len(after)}"
    faults.append(f"{copy} {column} ({len(before)}): {at}"[:400])


def text_value(wanted, text):
    """A cell of text, read as the wanted value's own kind would be."""
    if text is None or wanted is None or isinstance(wanted, str):
        return text
    if isinstance(wanted, bool):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(wanted, Number):
        return Number(text)
    return parse(text)


def check_json(copy, path, table, lines):
    text = path.read_text("utf-8")
    rows = [parse(line) for line in text.splitlines()] if lines else parse(text)
    for column in table.column_names:
        before = [plain(value, table.column(column).type) for value in values(table.column(column))]
        compare(copy, column, before, [row[column] for row in rows])


def check_csv(copy, path, table):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for column in table.column_names:
        before = [plain(value, table.column(column).type) for value in values(table.column(column))]
        # to Python's reader null and the empty text are one
        before = [None if b == "" else b for b in before]
        compare(copy, column, before, [text_value(b, r[column] or None) for b, r in zip(before, rows)])


# extension types: the Arrow schema in the file keeps them, Parquet's own words for them are not written
DUCKDB_FORGETS = {"JSON": "VARCHAR", "UUID": "BLOB"}


def check_duckdb(copy, source, path):
    """What DuckDB reads of both Parquet files is the same, types too."""
    try:
        duckdb.sql(f"select value from '{source}'").fetchall()
    except duckdb.Error:
        return
    try:
        types = [duckdb.sql(f"select typeof(value) t from '{file}' limit 1").fetchall() for file in (source, path)]
        known = DUCKDB_FORGETS.get(types[0][0][0])
        if types[0] != types[1] and types[1][0][0] != known:
            faults.append(f"{copy}: DuckDB has {types[0]} as {types[1]}")
        elif known is None:
            lost = duckdb.sql(f"(select row, value from '{source}' except all select row, value from '{path}')").fetchall()
            if lost:
                faults.append(f"{copy}: DuckDB misses {lost[0]}"[:400])
    except duckdb.Error as error:
        faults.append(f"{copy}: DuckDB: {error}"[:400])


compared = 0
for path in sorted(folder.glob("*.to.*")):
    name, format_ = path.name.split(".to.")
    source_path = folder / name
    source = read(source_path)
    known = {column: [source.column(column).type] for column in source.column_names}
    twin = source_path.with_suffix(".arrow")
    if name.endswith(".parquet") and twin.exists():
        # what pyarrow itself forgets when it reads a Parquet file, the Arrow file still has
        source = read(twin)
        for column, types in known.items():
            types.append(source.column(column).type)
    compared += 1
    if format_ in ("parquet", "arrow"):
        for column in source.column_names:
            check_typed(path.name, path, column, source.column(column), known[column], format_ == "parquet")
        if format_ == "parquet" and name.endswith(".parquet"):
            check_duckdb(path.name, source_path, path)
    elif format_ == "prompts":
        wanted = [plain(value, source.column("value").type) for value in values(source.column("value"))] if "value" in source.column_names else []
        prompts = json.loads(path.read_text("utf-8")) if wanted else []
        compare(path.name, "value", wanted, [text_value(b, a) for b, a in zip(wanted, prompts)])
    elif format_ in ("jsonl", "json"):
        check_json(path.name, path, source, format_ == "jsonl")
    else:
        check_csv(path.name, path, source)
print(json.dumps({"compared": compared, "faults": faults}))
