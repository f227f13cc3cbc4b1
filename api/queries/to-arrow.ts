import {
  Bool,
  type DataType,
  DateDay,
  Field,
  Float64,
  Int64,
  makeBuilder,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import type { ComposedTable } from '../../sandbox/index.ts';

type Kind = ComposedTable['columns'][number]['kind'];

function arrowType(kind: Kind): DataType {
  switch (kind) {
    case 'integer':
      return new Int64();
    case 'double':
      return new Float64();
    case 'boolean':
      return new Bool();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new TimestampMicrosecond();
    default:
      return new Utf8();
  }
}

const DAY_MS = 86_400_000;

/** A released table as one Arrow IPC stream: schema with the release's labels, one record batch, end. */
export function toArrow(table: ComposedTable, labels: ReadonlyMap<string, string>): Uint8Array {
  const fields = table.columns.map((c) => new Field(c.name, arrowType(c.kind), true));
  const children = table.columns.map((column, index) => {
    const builder = makeBuilder({ type: arrowType(column.kind), nullValues: [null] });
    for (const row of table.rows) builder.append(arrowValue(column.kind, row[index] ?? null));
    return builder.finish().flush();
  });
  const schema = new Schema(fields, new Map(labels));
  const data = makeData({ type: new Struct(fields), length: table.rows.length, nullCount: 0, children });
  const writer = new RecordBatchStreamWriter();
  writer.write(new RecordBatch(schema, data));
  writer.finish();
  return writer.toUint8Array(true);
}

/** Dates and moments of the wall as the builders of Arrow take them. */
function arrowValue(kind: Kind, value: ComposedTable['rows'][number][number]): unknown {
  if (value === null) return null;
  if (kind === 'date') return new Date(Number(value) * DAY_MS);
  if (kind === 'timestamp') return BigInt(value);
  return value;
}
