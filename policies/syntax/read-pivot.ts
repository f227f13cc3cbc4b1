import { readConstant } from './read-literal.ts';
import {
  asName,
  asNames,
  asNode,
  asNodes,
  type JsonNode,
  mustBeUnused,
  type NodeReader,
  offsetOf,
  onlyKeys,
  refuse,
} from './read-node.ts';
import type { SyntaxFrom, SyntaxItem } from './syntax-tree.ts';

type Pivot = Extract<SyntaxFrom, { kind: 'pivot' }>;

const NAMES = ['type', 'alias', 'sample', 'source', 'aggregates', 'unpivot_names', 'pivots', 'groups'];

/** Reads PIVOT with its values written out: without them the columns of the answer would depend on the data. */
export function readPivot(reader: NodeReader, node: JsonNode, from: SyntaxFrom): Pivot {
  onlyKeys(reader, node, [...NAMES, 'column_name_alias', 'include_nulls']);
  mustBeUnused(reader, node, 'unpivot_names', 'UNPIVOT', 'write one SELECT for each column, and UNION ALL them');
  mustBeUnused(reader, node, 'include_nulls', 'INCLUDE NULLS');
  mustBeUnused(reader, node, 'column_name_alias', 'column names after PIVOT', 'name the values with AS');
  return {
    kind: 'pivot',
    from,
    aggregates: asNodes(reader, node.aggregates).map((a) => readItem(reader, a)),
    on: asNodes(reader, node.pivots).map((p) => readColumn(reader, node, p)),
    groupBy: asNames(reader, node, node.groups),
    alias: node.alias === '' ? null : asName(reader, node, node.alias),
    at: offsetOf(node),
  };
}

function readItem(reader: NodeReader, node: JsonNode): SyntaxItem {
  const alias = node.alias === '' || node.alias === undefined ? null : asName(reader, node, node.alias);
  return { expression: reader.expression(node), alias };
}

function readColumn(reader: NodeReader, pivot: JsonNode, node: JsonNode): Pivot['on'][number] {
  onlyKeys(reader, node, ['pivot_expressions', 'unpivot_names', 'entries', 'pivot_enum']);
  mustBeUnused(reader, node, 'unpivot_names', 'UNPIVOT');
  mustBeUnused(reader, node, 'pivot_enum', 'PIVOT by the values of a type', 'write the values after IN');
  const [column, ...more] = asNodes(reader, node.pivot_expressions);
  if (column === undefined || more.length > 0) {
    return refuse(reader, pivot, 'PIVOT on a row of columns', 'name one column, and its values after IN');
  }
  const expression = reader.expression(column);
  const values = asNodes(reader, node.entries).map((entry): SyntaxItem => {
    onlyKeys(reader, entry, ['values', 'star_expr', 'alias']);
    mustBeUnused(reader, entry, 'star_expr', 'PIVOT by an expression', 'write the values after IN');
    const [value, ...others] = asNodes(reader, entry.values);
    if (value === undefined || others.length > 0) return refuse(reader, pivot, 'PIVOT on a row of columns');
    const literal = readConstant(reader, column, asNode(reader, value));
    const alias = entry.alias === '' || entry.alias === undefined ? null : asName(reader, column, entry.alias);
    return { expression: { kind: 'literal', value: literal, at: expression.at }, alias };
  });
  return { column: expression, values };
}
