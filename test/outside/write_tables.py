"""Writes one table in every way that pyarrow writes Parquet and Arrow files, and once as CSV.

Arguments: the folder to write into.
"""

import datetime
import decimal
import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq

ROWS = 400
DELTAS = {"n": "DELTA_BINARY_PACKED", "seq": "DELTA_BINARY_PACKED", "t": "DELTA_BYTE_ARRAY", "label": "DELTA_LENGTH_BYTE_ARRAY", "b": "RLE"}
SPLIT = {"n": "BYTE_STREAM_SPLIT", "f": "BYTE_STREAM_SPLIT", "small": "BYTE_STREAM_SPLIT", "amount": "BYTE_STREAM_SPLIT"}


def some(make):
    return [None if random.random() < 0.2 else make() for _ in range(ROWS)]


def make_table():
    random.seed(7)
    days = lambda: datetime.date(1990, 1, 1) + datetime.timedelta(days=random.randint(-20_000, 20_000))
    moments = lambda: datetime.datetime(2020, 1, 1) + datetime.timedelta(milliseconds=random.randint(-(10**11), 10**11))
    return pa.table(
        {
            "n": pa.array(some(lambda: random.randint(-(2**62), 2**62)), pa.int64()),
            "seq": pa.array(range(ROWS), pa.int64()),
            "small": pa.array(some(lambda: random.randint(-(2**31), 2**31 - 1)), pa.int32()),
            "big": pa.array(some(lambda: random.randint(0, 2**32 - 1)), pa.uint32()),
            "day": pa.array(some(days), pa.date32()),
            "at": pa.array(some(moments), pa.timestamp("ms")),
            "amount": pa.array(some(lambda: decimal.Decimal(random.randint(-(10**17), 10**17)).scaleb(-4)), pa.decimal128(20, 4)),
            "b": pa.array(some(lambda: random.random() < 0.5), pa.bool_()),
            "f": pa.array(some(lambda: random.randint(-1_000, 1_000) / 4), pa.float64()),
            "t": pa.array(some(lambda: random.choice(["é", "text", "x" * 50]) + str(random.randint(0, 10**4))), pa.string()),
            "label": pa.array(some(lambda: random.choice(["red", "green", "blué"])), pa.string()),
            "kind": pa.array(some(lambda: random.choice(["a", "b"])), pa.string()).dictionary_encode(),
        }
    )


def write_parquet(table, folder):
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        for pages in ["1.0", "2.0"]:
            options = {"compression": codec, "data_page_version": pages, "row_group_size": 150, "data_page_size": 800}
            pq.write_table(table, folder / f"{codec}-{pages}.parquet", **options)
    for name, encodings in {"deltas": DELTAS, "split": SPLIT}.items():
        pq.write_table(table, folder / f"{name}.parquet", use_dictionary=False, column_encoding=encodings, data_page_version="2.0")
    pq.write_table(table, folder / "int96.parquet", use_deprecated_int96_timestamps=True)
    pq.write_table(table, folder / "indexed.parquet", write_page_index=True, write_page_checksum=True, store_decimal_as_integer=True)
    nested = table.add_column(0, "nested", pa.array([{"a": [1, 2], "b": "x"}] * ROWS))
    pq.write_table(nested.append_column("map", pa.array([[("k", 1)]] * ROWS, pa.map_(pa.string(), pa.int32()))), folder / "nested.parquet")


def write_arrow(table, folder):
    for form, new in {"stream": pa.ipc.new_stream, "file": pa.ipc.new_file}.items():
        for codec in [None, "lz4", "zstd"]:
            options = pa.ipc.IpcWriteOptions(compression=codec)
            with new(folder / f"{form}-{codec}.arrow", table.schema, options=options) as writer:
                writer.write_table(table, max_chunksize=123)
    nested = table.add_column(0, "nested", pa.array([{"a": [1, 2], "b": "x"}] * ROWS)).add_column(0, "view", pa.array(["v"] * ROWS, pa.string_view()))
    with pa.ipc.new_stream(folder / "nested.arrow", nested.schema) as writer:
        writer.write_table(nested, max_chunksize=123)


folder = Path(sys.argv[1])
table = make_table()
pyarrow.csv.write_csv(table.set_column(11, "kind", table["kind"].cast(pa.string())), folder / "table.csv")
write_parquet(table, folder)
write_arrow(table, folder)
