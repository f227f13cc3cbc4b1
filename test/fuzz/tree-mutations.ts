import type { Choices } from './choices.ts';

/** A way into a tree: keys and indices from the root. */
type Path = readonly (string | number)[];

/** One change of a tree: what stands at a path is replaced, removed, doubled, or gets another key. */
export type Edit =
  | { readonly kind: 'replace'; readonly path: Path; readonly value: unknown }
  | { readonly kind: 'remove' | 'double' | 'nest'; readonly path: Path }
  | { readonly kind: 'rename'; readonly path: Path; readonly key: string };

/** Values of every shape that a tree of JSON can have. */
const hostileValues: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 0.5, 1e300, -1e300, 2 ** 53, Number.MAX_SAFE_INTEGER],
  ...[
    '',
    'a',
    'email',
    'market',
    'outcomes',
    'duckdb_tables',
    'read_csv',
    'count_star',
    'error',
    '__proto__',
    'constructor',
  ],
  ...[
    'COMPARE_EQUAL',
    'COLUMN_REF',
    'FUNCTION',
    'SUBQUERY',
    'STAR',
    'WINDOW_AGGREGATE',
    'OPERATOR_TRY',
    'VALUE_CONSTANT',
  ],
  ...[
    'SELECT_NODE',
    'SET_OPERATION_NODE',
    'CTE_NODE',
    'BASE_TABLE',
    'JOIN',
    'TABLE_FUNCTION',
    'EMPTY',
    'LEFT',
    'INNER',
    'SEMI',
  ],
  ...[
    'BIGINT',
    'VARCHAR',
    'HUGEINT',
    'DECIMAL',
    'x'.repeat(5_000),
    '\u0000',
    '"; drop table x; --',
    "' or 1 = 1 --",
    '\ud800',
  ],
  ...[
    [],
    [[]],
    [null],
    {},
    { type: 'COLUMN_REF', class: 'COLUMN_REF' },
    { value: 1 },
    { upper: 1, lower: 2 },
    ['email'],
    ['a', 'b', 'c', 'd'],
  ],
];
const hostileKeys = [
  'type',
  'class',
  'value',
  'alias',
  'query_location',
  'children',
  '__proto__',
  'constructor',
  'toJSON',
  'x',
];

/** Every path of a tree. */
function pathsOf(node: unknown, path: Path = []): Path[] {
  if (typeof node !== 'object' || node === null) return [path];
  return [path, ...Object.entries(node).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined),
    root,
  );

/** One to four changes of a tree, some of them parts of other trees. */
export function drawEdits(choices: Choices, tree: unknown, corpus: readonly unknown[]): readonly Edit[] {
  const paths = pathsOf(tree);
  return Array.from({ length: 1 + choices.below(4) }, (): Edit => {
    const path = choices.of(paths);
    switch (choices.below(7)) {
      case 0:
        return { kind: 'remove', path };
      case 1:
        return { kind: 'double', path };
      case 2:
        return { kind: 'rename', path, key: choices.of(hostileKeys) };
      case 3: {
        const other = choices.of(corpus);
        return { kind: 'replace', path, value: valueAt(other, choices.of(pathsOf(other))) };
      }
      case 4:
        // What stands in another tree at a place of the same name is the likeliest to be understood.
        return { kind: 'replace', path, value: namesake(choices, path, corpus) };
      case 5:
        return choices.onceIn(10)
          ? { kind: 'nest', path }
          : { kind: 'replace', path, value: choices.of(hostileValues) };
      default:
        return { kind: 'replace', path, value: choices.of(hostileValues) };
    }
  });
}

function namesake(choices: Choices, path: Path, corpus: readonly unknown[]): unknown {
  const other = choices.of(corpus);
  const alike = pathsOf(other).filter((p) => p.at(-1) === path.at(-1));
  return alike.length === 0 ? null : valueAt(other, choices.of(alike));
}

/** The tree as JSON with changes made; one whose path an earlier change took away does nothing. */
export function editedTree(tree: unknown, edits: readonly Edit[]): string {
  const root = { tree: structuredClone(tree) };
  for (const edit of edits) apply(root, edit);
  return JSON.stringify(root.tree) ?? 'null';
}

function apply(root: { tree: unknown }, edit: Edit): void {
  const path: Path = ['tree', ...edit.path];
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1) ?? 'tree';
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, key)) return;
  const old: unknown = Reflect.get(parent, key);
  switch (edit.kind) {
    case 'replace':
      define(parent, key, structuredClone(edit.value));
      return;
    case 'remove':
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
      return;
    case 'double':
      if (Array.isArray(parent)) parent.push(structuredClone(old));
      else define(parent, `${key}2`, structuredClone(old));
      return;
    case 'rename':
      Reflect.deleteProperty(parent, key);
      define(parent, edit.key, old);
      return;
    default:
      define(parent, key, nested(old, parent, key));
  }
}

/** An own property, whatever it is called: assigning to `__proto__` would not make one. */
function define(object: object, key: string | number, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

const NESTING_DEPTH = 300;

/** The node that holds this part, within itself many times over. */
function nested(old: unknown, parent: object, key: string | number): unknown {
  const shell: unknown = structuredClone(parent);
  let inner = old;
  for (let level = 0; level < NESTING_DEPTH; level += 1) {
    const next: unknown = Array.isArray(shell) ? [...shell] : { ...(shell as object) };
    define(next as object, key, inner);
    inner = next;
  }
  return inner;
}
