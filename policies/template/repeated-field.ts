/** Texts of JSON with a colon after them where they name a field, and what opens and closes objects and lists. */
const TOKENS = /"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/gu;

/** The name of the first field that stands twice in one object of a JSON text; `null` when none does. */
export function repeatedField(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    else if (token.endsWith(':')) {
      // Two spellings of one name, `a` and `\u0061`, are one field.
      const name = JSON.parse(token.slice(0, -1)) as string;
      const fields = open.at(-1);
      if (fields?.has(name)) return name;
      fields?.add(name);
    }
  }
  return null;
}
