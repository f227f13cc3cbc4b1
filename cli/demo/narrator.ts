// Narrow enough for any terminal and for a printed page.
const lineChars = 96;

/** Tells the story on stdout, in plain text. */
export interface Narrator {
  /** Opens a numbered part of the story. */
  part(title: string): void;
  /** Says a paragraph, wrapped. */
  say(text: string): void;
  /** Shows a block as it is, indented: SQL, a table, a refusal. */
  block(text: string): void;
}

/** Starts a story that writes to a stream. */
export function narrateTo(stream: NodeJS.WritableStream): Narrator {
  let partNumber = 0;
  return {
    part: (title) => {
      partNumber += 1;
      const line = `${partNumber}. ${title}`;
      stream.write(`\n${line}\n${'-'.repeat(line.length)}\n`);
    },
    say: (text) => void stream.write(`${wrap(text, lineChars)}\n`),
    block: (text) => void stream.write(`\n${text.replaceAll(/^(?=.)/gmu, '    ')}\n\n`),
  };
}

/** Breaks a paragraph into lines of at most so many characters, between words. */
export function wrap(text: string, maxChars: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/u)) {
    if (line !== '' && line.length + 1 + word.length > maxChars) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
