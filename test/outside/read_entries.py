"""Reads an export of entries as Parquet and prints what it holds as JSON.

Arguments: the file.
"""

import json
import sys

import pyarrow.parquet as pq

table = pq.read_table(sys.argv[1])
rows = [{**row, "at": row["at"].isoformat()} for row in table.to_pylist()]
print(json.dumps({"schema": {field.name: str(field.type) for field in table.schema}, "rows": rows}))
