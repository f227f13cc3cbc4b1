// Narrow enough for any terminal and for a printed page.
const LINE_CHARS = 96;

/** Tells the story on stdout, in plain text. */
export interface Narrator {
  /** Opens a numbered part of the story. */
  part(title: string): void;
  /** Says a paragraph, wrapped. */
  say(text: string): void;
  /** Shows rows, aligned by column, the first as heads. */
  table(rows: readonly (readonly string[])[]): void;
}

/** Starts a story that writes to a stream. */
export function narrateTo(stream: NodeJS.WritableStream): Narrator {
  let partCount = 0;
  return {
    part: (title) => {
      partCount += 1;
      const line = `${partCount}. ${title}`;
      stream.write(`\n${line}\n${'-'.repeat(line.length)}\n`);
    },
    say: (text) => void stream.write(`${wrapped(text)}\n`),
    table: (rows) => {
      const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
      const lines = rows.map((row) => `    ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`);
      stream.write(`\n${lines.map((line) => line.trimEnd()).join('\n')}\n\n`);
    },
  };
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/u)) {
    if (line !== '' && line.length + 1 + word.length > LINE_CHARS) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

/** Writes a whole number with a comma between thousands. */
export function written(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Writes a share as points of a hundred, one digit, with its sign. */
export function points(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}`;
}
