/** A change of a text: what stands from `start` to `end`, in UTF-16 units, becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What one rewriter would do to a question, with the sentence that tells the merchant. */
export interface Rewrite {
  readonly edits: readonly Edit[];
  /** What changes, in words: lower case, no full stop. */
  readonly change: string;
}

/** Whether two changes touch the same place in different ways; the same change twice is one. */
function clash(a: Edit, b: Edit): boolean {
  if (isSame(a, b)) return false;
  return a.start === b.start ? a.end > a.start && b.end > b.start : a.start < b.end && b.start < a.end;
}

function isSame(a: Edit, b: Edit): boolean {
  return a.start === b.start && a.end === b.end && a.text === b.text;
}

/** As many rewrites as go together, the earlier ones first. */
export function fitting(rewrites: readonly Rewrite[]): readonly Rewrite[] {
  const chosen: Rewrite[] = [];
  for (const rewrite of rewrites) {
    const others = chosen.flatMap((c) => c.edits);
    if (!rewrite.edits.some((e) => others.some((o) => clash(e, o)))) chosen.push(rewrite);
  }
  return chosen;
}

/** Makes the changes, each once, from the end of the text to its beginning. */
export function applyEdits(sql: string, edits: readonly Edit[]): string {
  const once = edits.filter((e, index) => edits.findIndex((o) => isSame(o, e)) === index);
  const backwards = once
    .map((edit, index) => ({ edit, index }))
    .toSorted((a, b) => b.edit.start - a.edit.start || b.index - a.index);
  return backwards.reduce((text, { edit }) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), sql);
}
