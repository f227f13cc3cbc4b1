import { readCastType, readLiteral } from './read-literal.ts';
import {
  asName,
  asNode,
  asNodes,
  asText,
  type JsonNode,
  mustBeUnused,
  type NodeReader,
  offsetOf,
  onlyKeys,
  refuse,
} from './read-node.ts';
import type { ComparisonOperator, SyntaxExpression } from './syntax-tree.ts';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
};

/** Functions with a syntax of their own, as in extract(year from day): the grammar writes them with a schema. */
const GRAMMAR_FUNCTIONS = ['substring', 'trim', 'date_part'];

const COMMON = ['class', 'type', 'alias'];

/** Reads one expression of the grammar's tree; an unknown class or key ends the reading. */
export function readExpression(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const read = READERS[asText(reader, node.class)];
  if (read === undefined) return refuse(reader, node, constructName(node));
  return read(reader, node);
}

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
};

function constructName(node: JsonNode): string {
  const kind = String(node.class ?? 'unknown').toLowerCase();
  return kind === 'window' ? 'window function' : kind;
}

function readColumn(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'column_names']);
  if (!Array.isArray(node.column_names)) return refuse(reader, node, 'column');
  return { kind: 'column', path: node.column_names.map((n) => asName(reader, node, n)), at: offsetOf(node) };
}

function readCall(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const known = ['function_name', 'schema', 'children', 'filter', 'order_bys', 'distinct', 'is_operator'];
  onlyKeys(reader, node, [...COMMON, ...known, 'export_state', 'catalog']);
  mustBeUnused(reader, node, 'catalog', 'function of a catalog');
  mustBeUnused(reader, node, 'export_state', 'export_state');
  const isGrammars = node.schema === 'main' && GRAMMAR_FUNCTIONS.includes(asText(reader, node.function_name));
  if (node.schema !== '' && !isGrammars) refuse(reader, node, 'list, struct or function of a schema');
  mustBeUnused(reader, asNode(reader, node.order_bys), 'orders', 'ORDER BY inside an aggregate');
  return {
    kind: 'call',
    name: asText(reader, node.function_name).toLowerCase(),
    args: asNodes(reader, node.children).map((c) => readExpression(reader, c)),
    distinct: node.distinct === true,
    filter: node.filter === null ? null : readExpression(reader, asNode(reader, node.filter)),
    at: offsetOf(node),
  };
}

function readComparison(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'left', 'right']);
  const operator = COMPARISONS[asText(reader, node.type)];
  if (operator === undefined) return refuse(reader, node, asText(reader, node.type).toLowerCase().replace('_', ' '));
  const left = readExpression(reader, asNode(reader, node.left));
  const right = readExpression(reader, asNode(reader, node.right));
  // The grammar places a comparison at its operator; a merchant looks for its beginning.
  return { kind: 'compare', operator, left, right, at: left.at ?? offsetOf(node) };
}

function readLogic(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'children']);
  const args = asNodes(reader, node.children).map((c) => readExpression(reader, c));
  return { kind: 'logic', operator: node.type === 'CONJUNCTION_AND' ? 'and' : 'or', args, at: args[0]?.at ?? null };
}

function readOperator(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'children']);
  const args = asNodes(reader, node.children).map((c) => readExpression(reader, c));
  const [first, ...rest] = args;
  const at = first?.at ?? offsetOf(node);
  if (first === undefined) return refuse(reader, node, 'operator');
  switch (node.type) {
    case 'OPERATOR_NOT':
      return { kind: 'not', arg: first, at: offsetOf(node) };
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL':
      return { kind: 'is-null', arg: first, negated: node.type === 'OPERATOR_IS_NOT_NULL', at };
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      return { kind: 'in', arg: first, list: rest, negated: node.type === 'COMPARE_NOT_IN', at };
    case 'OPERATOR_COALESCE':
      return { kind: 'call', name: 'coalesce', args, distinct: false, filter: null, at };
    default:
      return refuse(reader, node, String(node.type).toLowerCase().replaceAll('_', ' '));
  }
}

function readBetween(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'input', 'lower', 'upper']);
  const arg = readExpression(reader, asNode(reader, node.input));
  const lower = readExpression(reader, asNode(reader, node.lower));
  const upper = readExpression(reader, asNode(reader, node.upper));
  return { kind: 'between', arg, lower, upper, at: arg.at ?? offsetOf(node) };
}

function readCase(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'case_checks', 'else_expr']);
  const branches = asNodes(reader, node.case_checks).map((check) => {
    onlyKeys(reader, check, ['when_expr', 'then_expr']);
    return {
      when: readExpression(reader, asNode(reader, check.when_expr)),
      result: readExpression(reader, asNode(reader, check.then_expr)),
    };
  });
  const otherwise = node.else_expr === null ? null : readExpression(reader, asNode(reader, node.else_expr));
  return { kind: 'case', branches, otherwise, at: offsetOf(node) ?? branches[0]?.when.at ?? null };
}

function readCast(reader: NodeReader, node: JsonNode): SyntaxExpression {
  onlyKeys(reader, node, [...COMMON, 'child', 'cast_type', 'try_cast']);
  const arg = readExpression(reader, asNode(reader, node.child));
  const type = readCastType(reader, node, asNode(reader, node.cast_type));
  return { kind: 'cast', arg, type, at: arg.at ?? offsetOf(node) };
}

function readStar(reader: NodeReader, node: JsonNode): SyntaxExpression {
  const lists = ['exclude_list', 'replace_list', 'qualified_exclude_list', 'rename_list'];
  onlyKeys(reader, node, [...COMMON, 'relation_name', 'columns', 'expr', ...lists]);
  for (const list of lists) mustBeUnused(reader, node, list, 'changed *');
  mustBeUnused(reader, node, 'columns', 'COLUMNS()');
  mustBeUnused(reader, node, 'expr', 'COLUMNS()');
  const relation = node.relation_name === '' ? null : asName(reader, node, node.relation_name);
  return { kind: 'star', relation, at: offsetOf(node) };
}
