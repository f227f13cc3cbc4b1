import { parseSql } from './engine.ts';

/** What a text of SQL is made of, as the engine's own grammar reads it. */
export interface PrintedParts {
  readonly statements: number;
  /** Tables as `schema.name` or `name`. */
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  /** Literals of text. */
  readonly texts: readonly string[];
}

/** Reads printed SQL again. @throws {Error} when it is no SQL */
export async function partsOf(sql: string): Promise<PrintedParts> {
  const parse = await parseSql(sql);
  if (!parse.ok) throw new Error(`what was printed is no SQL: ${sql}`);
  const root = JSON.parse(parse.tree) as { statements: readonly unknown[] };
  const parts = {
    statements: root.statements.length,
    tables: [] as string[],
    functions: [] as string[],
    texts: [] as string[],
  };
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const fields = node as Record<string, unknown>;
    if (typeof fields.table_name === 'string' && fields.type === 'BASE_TABLE') {
      parts.tables.push(fields.schema_name ? `${fields.schema_name}.${fields.table_name}` : fields.table_name);
    }
    if (typeof fields.function_name === 'string') parts.functions.push(fields.function_name);
    if (fields.class === 'CONSTANT') {
      const { value } = fields.value as { value?: unknown };
      if (typeof value === 'string') parts.texts.push(value);
    }
    for (const child of Object.values(fields)) visit(child);
  };
  visit(root);
  return parts;
}
