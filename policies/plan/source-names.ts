const SOURCE_NAME = /"(ref|relation)":"(t\d+)"/g;

/**
 * A canonical text with the names of sources given anew, in order of appearance.
 *
 * The same subquery bound twice has sources of other names and is still the same. Texts within literals are quoted
 * twice, so that none of them can look like a name here.
 */
export function withoutNames(canonical: string): string {
  const names = new Map<string, string>();
  return canonical.replaceAll(SOURCE_NAME, (_, field: string, name: string) => {
    const known = names.get(name) ?? `t${names.size}`;
    names.set(name, known);
    return `"${field}":"${known}"`;
  });
}

/** A structure with the names of its sources given anew, in order of appearance: equal questions then look equal. */
export function renamed<T>(value: T): T {
  return rename(value, new Map()) as T;
}

function rename(value: unknown, names: Map<string, string>): unknown {
  if (Array.isArray(value)) return value.map((part: unknown) => rename(part, names));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]: [string, unknown]) => {
    if (key === 'view') return [key, field];
    const isName = (key === 'ref' || key === 'relation') && typeof field === 'string' && /^t\d+$/.test(field);
    if (!isName) return [key, rename(field, names)];
    const name = names.get(field) ?? `t${names.size}`;
    names.set(field, name);
    return [key, name];
  });
  return Object.fromEntries(fields);
}
