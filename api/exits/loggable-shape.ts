// An entry of the log has room for 64 KiB. Somebody who asks so that the shape of the question does not fit would else be
// answered without a trace: nothing can be told of what no entry can hold.
import { createHash } from 'node:crypto';

/** Most bytes of shapes in one entry: half of it, as what else an entry says may be as long. */
const MAX_SHAPE_BYTES = 32_768;

/** A text up to this length stays as it is: there are a few hundred of them at most, and then all of them fit. */
const MAX_SHORT_TEXT_BYTES = 128;

/**
 * Makes the texts of a shape fit an entry: where all together are too long, those that are not short are named by the
 * SHA-256 of their UTF-8. Who has the record of the decision makes the shape again, and compares.
 */
export function loggableShapes(texts: readonly string[]): string[] {
  if (texts.reduce((sum, text) => sum + bytesOf(text), 0) <= MAX_SHAPE_BYTES) return [...texts];
  return texts.map((text) => {
    return bytesOf(text) <= MAX_SHORT_TEXT_BYTES ? text : `sha256 ${createHash('sha256').update(text).digest('hex')}`;
  });
}

// As JSON writes it: a quote in a name takes two bytes there.
function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
