import { readCall } from './read-call.ts';
import { readIntervalText } from './read-interval.ts';
import { readCastType, readLiteral } from './read-literal.ts';
import {
  asName,
  asNode,
  asNodes,
  asText,
  entryOf,
  type JsonNode,
  mustBeUnused,
  type NodeReader,
  offsetOf,
  onlyKeys,
  readOptional,
  refuse,
} from './read-node.ts';
import { readWindow } from './read-window.ts';
import type { ComparisonOperator, SyntaxExpression } from './syntax-tree.ts';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

const COMMON = ['class', 'type', 'alias'];

/** Reads one expression of the grammar's tree; an unknown class or key ends the reading. */
export function readExpression(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const kind = asText(reader, node.class);
  const read = entryOf(READERS, kind);
  if (read === undefined) {
    const name = kind.toLowerCase();
    return refuse(reader, node, name, entryOf(INSTEAD, name));
  }
  return read(reader, node);
}

/** What to write instead of classes that are not read. */
const INSTEAD: Readonly<Record<string, string>> = {
  parameter: 'write the value itself',
  lambda: 'write the expression out for each value',
};

const READERS: Readonly<Record<string, (reader: NodeReader, node: JsonNode) => SyntaxExpression>> = {
  COLUMN_REF: readColumn,
  CONSTANT: (reader, node) => ({ kind: 'literal', value: readLiteral(reader, node), at: offsetOf(node) }),
  FUNCTION: readCall,
  COMPARISON: readComparison,
  CONJUNCTION: readLogic,
  OPERATOR: readOperator,
  BETWEEN: readBetween,
  CASE: readCase,
  CAST: readCast,
  STAR: readStar,
  WINDOW: readWindow,
  SUBQUERY: readSubquery,
};

function readColumn(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'column_names']);
  if (!Array.isArray(node.column_names)) return refuse(reader, node, 'column');
  return { kind: 'column', path: node.column_names.map((n) => asName(reader, node, n)), at: offsetOf(node) };
}

function readComparison(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'left', 'right']);
  const type = asText(reader, node.type);
  const left = reader.expression(asNode(reader, node.left));
  const right = reader.expression(asNode(reader, node.right));
  // The grammar places a comparison at its operator; a merchant looks for its beginning.
  const at = left.at ?? offsetOf(node);
  if (type === 'COMPARE_NOT_DISTINCT_FROM') return notDistinct(left, right, at);
  if (type === 'COMPARE_DISTINCT_FROM') return { kind: 'not', arg: notDistinct(left, right, at), at };
  const operator = entryOf(COMPARISONS, type);
  if (operator === undefined) return refuse(reader, node, type.toLowerCase().replaceAll('_', ' '));
  return { kind: 'compare', operator, left, right, at };
}

/** `IS NOT DISTINCT FROM` and `IS TRUE`, which compare NULL like a value, in terms of plain comparison. */
function notDistinct(left: SyntaxExpression, right: SyntaxExpression, at: number | null): SyntaxExpression {
  const equal: SyntaxExpression = { kind: 'compare', operator: '=', left, right, at };
  const [noLeft, noRight] = [left, right].map((arg) => ({ kind: 'is-null', arg, negated: false, at }) as const);
  if (noLeft === undefined || noRight === undefined) return equal;
  const when: SyntaxExpression = { kind: 'logic', operator: 'or', args: [noLeft, noRight], at };
  const result: SyntaxExpression = { kind: 'logic', operator: 'and', args: [noLeft, noRight], at };
  return { kind: 'case', branches: [{ when, result }], otherwise: equal, at };
}

function readLogic(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'children']);
  const args = asNodes(reader, node.children).map(reader.expression);
  return { kind: 'logic', operator: node.type === 'CONJUNCTION_AND' ? 'and' : 'or', args, at: args[0]?.at ?? null };
}

function readOperator(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'children']);
  const args = asNodes(reader, node.children).map(reader.expression);
  const [first, ...rest] = args;
  const at = first?.at ?? offsetOf(node);
  if (first === undefined) return refuse(reader, node, 'operator');
  switch (node.type) {
    case 'OPERATOR_NOT':
      return not(first, offsetOf(node) ?? first.at);
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL':
      return { kind: 'is-null', arg: first, negated: node.type === 'OPERATOR_IS_NOT_NULL', at };
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      // The grammar has no empty list; a tree that has one prints what no engine reads.
      if (rest.length === 0) return refuse(reader, node, 'operator');
      return { kind: 'in', arg: first, list: rest, negated: node.type === 'COMPARE_NOT_IN', at };
    case 'OPERATOR_COALESCE':
      return { ...NO_CALL, name: 'coalesce', args, at };
    case 'GROUPING_FUNCTION':
      return { ...NO_CALL, name: 'grouping', args, at: offsetOf(node) ?? at };
    default:
      return refuse(
        reader,
        { query_location: at },
        String(node.type).toLowerCase().replaceAll('_', ' '),
        'use the functions and operators in docs/sql.md',
      );
  }
}

const NO_CALL = { kind: 'call', distinct: false, filter: null, orderBy: [] } as const;

/** NOT IN and NOT EXISTS are one construct each, though the grammar puts a NOT around them. */
function not(arg: SyntaxExpression, at: number | null): SyntaxExpression {
  const isTest = arg.kind === 'subquery' && arg.form !== 'scalar' && !arg.negated;
  return isTest ? { ...arg, negated: true, at: arg.form === 'in' ? arg.at : at } : { kind: 'not', arg, at };
}

function readSubquery(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'subquery_type', 'subquery', 'child', 'comparison_type']);
  const query = reader.query(asNode(reader, node.subquery));
  const arg = readOptional(reader, node.child);
  const at = offsetOf(node);
  const parts = { kind: 'subquery', negated: false, query } as const;
  if (node.subquery_type === 'SCALAR' && arg === null) return { ...parts, form: 'scalar', arg, at };
  if (node.subquery_type === 'EXISTS' && arg === null) return { ...parts, form: 'exists', arg, at };
  if (node.subquery_type !== 'ANY' || arg === null) return refuse(reader, node, 'subquery');
  if (node.comparison_type !== 'COMPARE_EQUAL') {
    refuse(
      reader,
      { query_location: arg.at ?? at },
      'ANY or ALL',
      'compare with one value: a subquery of min(…) or max(…)',
    );
  }
  return { ...parts, form: 'in', arg, at: arg.at ?? at };
}

function readBetween(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'input', 'lower', 'upper']);
  const arg = reader.expression(asNode(reader, node.input));
  const lower = reader.expression(asNode(reader, node.lower));
  const upper = reader.expression(asNode(reader, node.upper));
  return { kind: 'between', arg, lower, upper, at: arg.at ?? offsetOf(node) };
}

function readCase(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'case_checks', 'else_expr']);
  const branches = asNodes(reader, node.case_checks).map((check) => {
    onlyKeys(reader, check, ['when_expr', 'then_expr']);
    return {
      when: reader.expression(asNode(reader, check.when_expr)),
      result: reader.expression(asNode(reader, check.then_expr)),
    };
  });
  // No text has such a CASE; a hostile parser's tree would be printed as no SQL.
  if (branches.length === 0) refuse(reader, node, 'CASE without WHEN');
  const otherwise = readOptional(reader, node.else_expr);
  return { kind: 'case', branches, otherwise, at: offsetOf(node) ?? branches[0]?.when.at ?? null };
}

function readCast(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'child', 'cast_type', 'try_cast']);
  const arg = reader.expression(asNode(reader, node.child));
  const target = asNode(reader, node.cast_type);
  const at = arg.at ?? offsetOf(node);
  const text = arg.kind === 'literal' && arg.value.type === 'text' ? arg.value.value : null;
  if (target.id === 'INTERVAL' && text !== null) {
    return { kind: 'literal', value: readIntervalText(reader, node, text), at };
  }
  // The words TRUE and FALSE arrive as casts of `t` and `f` without a place of their own.
  if (target.id === 'BOOLEAN' && offsetOf(node) === null && (text === 't' || text === 'f')) {
    return { kind: 'literal', value: { type: 'boolean', value: text === 't' }, at };
  }
  return { kind: 'cast', arg, type: readCastType(reader, node, target), at };
}

function readStar(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const lists = ['exclude_list', 'replace_list', 'qualified_exclude_list', 'rename_list'];
  onlyKeys(reader, node, [...COMMON, 'relation_name', 'columns', 'expr', ...lists]);
  for (const list of lists) mustBeUnused(reader, node, list, 'changed *', 'name the columns');
  mustBeUnused(reader, node, 'columns', 'COLUMNS()', 'name the columns');
  mustBeUnused(reader, node, 'expr', 'COLUMNS()', 'name the columns');
  const relation = node.relation_name === '' ? null : asName(reader, node, node.relation_name);
  return { kind: 'star', relation, at: offsetOf(node) };
}
