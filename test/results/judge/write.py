"""Writes each type's column, beside a column of row numbers, as an Arrow and as a Parquet file: write.py FOLDER."""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from arrays import arrays

folder = Path(sys.argv[1])
(folder / "memory").mkdir()
names = []


def is_known(type_):
    """What apache-arrow's own reader of JavaScript knows."""
    t = pa.types
    if t.is_list_view(type_) or t.is_large_list_view(type_) or t.is_run_end_encoded(type_):
        return False
    inner = [type_.value_type] if t.is_dictionary(type_) else [type_.field(i).type for i in range(type_.num_fields)]
    return all(is_known(part) for part in inner)


for place, (name, column) in enumerate(arrays()):
    table = pa.table({"row": pa.array(range(len(column)), pa.int32()), "value": column})
    codec = [None, "lz4", "zstd"][place % 3]
    with pa.ipc.new_file(folder / f"{name}.arrow", table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as file:
        file.write_table(table)
    names.append(f"{name}.arrow")
    if is_known(column.type):
        with pa.ipc.new_stream(folder / "memory" / f"{name}.arrow", table.schema) as stream:
            stream.write_table(table)
    try:
        pq.write_table(table, folder / f"{name}.parquet")
        pq.read_schema(folder / f"{name}.parquet")
        names.append(f"{name}.parquet")
    except (pa.ArrowException, NotImplementedError, OSError):
        (folder / f"{name}.parquet").unlink(missing_ok=True)

# all types beside each other, over several batches of rows
rows = 4_500
columns = {"row": pa.array(range(rows), pa.int32())}
for name, column in arrays():
    if not pa.types.is_null(column.type) and name != "timestamp_s_ends":
        try:
            columns[name] = pa.concat_arrays([column] * (rows // len(column) + 1)).slice(0, rows)
        except pa.ArrowNotImplementedError:
            print(f"not beside others: {name}", file=sys.stderr)
table = pa.table(columns)
with pa.ipc.new_stream(folder / "everything.arrow", table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
    stream.write_table(table)
names.append("everything.arrow")
print(json.dumps(names))
