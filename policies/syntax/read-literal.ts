import { asNode, asText, type JsonNode, type NodeReader, onlyKeys, refuse } from './read-node.ts';
import type { CastType, SyntaxLiteral } from './syntax-tree.ts';

const INTEGER_TYPES = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
/** DuckDB's widest decimal that still fits 64 bits; wider ones would need 128-bit arithmetic in the engine. */
const MAX_DECIMAL_DIGITS = 18;

/** Reads the constant of a VALUE_CONSTANT node. */
export function readLiteral(reader: NodeReader, node: JsonNode): SyntaxLiteral {
  onlyKeys(reader, node, ['class', 'type', 'alias', 'value']);
  return readConstant(reader, node, asNode(reader, node.value));
}

/** Reads a constant; `node` is where it stands. */
export function readConstant(reader: NodeReader, node: JsonNode, value: JsonNode): SyntaxLiteral {
  onlyKeys(reader, value, ['type', 'is_null', 'value']);
  const type = asNode(reader, value.type);
  if (value.is_null === true) return { type: 'null' };
  return readValue(reader, node, type, value.value);
}

function readValue(reader: NodeReader, node: JsonNode, type: JsonNode, value: unknown): SyntaxLiteral {
  const id = asText(reader, type.id);
  if (id === 'BOOLEAN' && typeof value === 'boolean') return { type: 'boolean', value };
  if (id === 'VARCHAR' && typeof value === 'string') return { type: 'text', value };
  if (INTEGER_TYPES.includes(id)) return { type: 'integer', value: asInteger(reader, node, value) };
  if (id === 'DECIMAL') {
    const { width, scale } = decimalType(reader, node, type);
    if (width > MAX_DECIMAL_DIGITS) refuse(reader, node, 'number of more than 18 digits');
    return { type: 'decimal', unscaled: asInteger(reader, node, value), scale };
  }
  if (id === 'DOUBLE' && typeof value === 'number' && Number.isFinite(value)) return { type: 'double', value };
  return refuse(reader, node, `constant of type ${id.toLowerCase()}`);
}

function asInteger(reader: NodeReader, node: JsonNode, value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return refuse(reader, node, 'number out of range');
}

function decimalType(reader: NodeReader, node: JsonNode, type: JsonNode): { width: number; scale: number } {
  const detail = asNode(reader, type.type_info);
  const { width, scale } = detail;
  if (typeof width !== 'number' || typeof scale !== 'number') return refuse(reader, node, 'decimal');
  return { width, scale };
}

/** Reads the target of a cast. */
export function readCastType(reader: NodeReader, node: JsonNode, type: JsonNode): CastType {
  const id = asText(reader, type.id);
  if (INTEGER_TYPES.includes(id)) return { type: 'integer' };
  if (id === 'FLOAT' || id === 'DOUBLE') return { type: 'double' };
  if (id === 'VARCHAR') return { type: 'text' };
  if (id === 'BOOLEAN') return { type: 'boolean' };
  if (id === 'DATE') return { type: 'date' };
  if (id === 'TIMESTAMP') return { type: 'timestamp' };
  if (id === 'DECIMAL') {
    const { width, scale } = decimalType(reader, node, type);
    if (width > MAX_DECIMAL_DIGITS) refuse(reader, node, 'decimal of more than 18 digits');
    return { type: 'decimal', scale };
  }
  // An unbound type arrives by name: `x::varchar` and friends were resolved above, so this is a user type.
  return refuse(reader, node, `cast to ${id.toLowerCase()}`);
}
