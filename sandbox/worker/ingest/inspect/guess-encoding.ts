// The old encodings have no mark: each gives any bytes some meaning. What tells them apart is where the frequent letters
// of their languages lie. A guess is a proposal to somebody who sees the file's names, and is never made by an upload.
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

import type { PROPOSED_ENCODINGS } from '../../../wire/inspection.ts';

type Proposed = (typeof PROPOSED_ENCODINGS)[number];

/** Bytes that may be cut off at the end of what is looked at: a character of the longest encoding. */
const MAX_CHARACTER_BYTES = 4;

const HIGH = 0x80;

/** Tells whether a lead and a trail byte are a letter that is frequent in the language of an encoding. */
type IsFrequent = (lead: number, trail: number) => boolean;

const isBetween = (byte: number, first: number, last: number) => byte >= first && byte <= last;

// In order of preference where two fit alike: the narrower one first.
const PAIRS: readonly (readonly [Proposed, IsFrequent])[] = [
  // Syllables of KS X 1001.
  ['euc-kr', (lead, trail) => (isBetween(lead, 0xb0, 0xc8) || isBetween(lead, 0xa1, 0xa3)) && trail >= 0xa1],
  // Kana, punctuation and the characters of the first level of JIS X 0208.
  [
    'shift_jis',
    (lead, trail) =>
      (lead === 0x82 && isBetween(trail, 0x4f, 0xf1)) ||
      (lead === 0x83 && isBetween(trail, 0x40, 0x96)) ||
      lead === 0x81 ||
      isBetween(lead, 0x88, 0x97),
  ],
  // The frequent characters of Big5.
  ['big5', (lead, trail) => isBetween(lead, 0xa1, 0xc6) && (isBetween(trail, 0x40, 0x7e) || trail >= 0xa1)],
  // The first level of GB 2312, and its punctuation.
  ['gb18030', (lead, trail) => (isBetween(lead, 0xb0, 0xd7) || isBetween(lead, 0xa1, 0xa3)) && trail >= 0xa1],
];

/** Whether bytes that may end inside a character are UTF-8. */
export function isUtf8Start(bytes: Uint8Array): boolean {
  for (let cut = 0; cut < MAX_CHARACTER_BYTES && cut <= bytes.byteLength; cut += 1) {
    if (isUtf8(bytes.subarray(0, bytes.byteLength - cut))) return true;
  }
  return false;
}

/** Proposes an encoding for bytes that are not UTF-8. */
export function guessEncoding(bytes: Uint8Array): Proposed {
  let best: { encoding: Proposed; score: number } = { encoding: 'windows-1252', score: singleScore(bytes) };
  for (const [encoding, isFrequent] of PAIRS) {
    const score = isReadable(bytes, encoding) ? pairScore(bytes, isFrequent) : 0;
    if (score > best.score) best = { encoding, score };
  }
  return best.encoding;
}

function isReadable(bytes: Uint8Array, encoding: Proposed): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

// Which share of the characters of two bytes is frequent.
function pairScore(bytes: Uint8Array, isFrequent: IsFrequent): number {
  let [pairs, frequent] = [0, 0];
  for (let at = 0; at + 1 < bytes.byteLength; at += 1) {
    const lead = bytes[at] as number;
    if (lead < HIGH) continue;
    pairs += 1;
    if (isFrequent(lead, bytes[at + 1] as number)) frequent += 1;
    at += 1;
  }
  return pairs === 0 ? 0 : frequent / pairs;
}

// Which share of the high bytes is a letter among letters of ASCII, as accents are.
function singleScore(bytes: Uint8Array): number {
  let [high, letters] = [0, 0];
  for (let at = 0; at < bytes.byteLength; at += 1) {
    const byte = bytes[at] as number;
    if (byte < HIGH) continue;
    high += 1;
    const isAlone = (bytes[at - 1] ?? 0) < HIGH && (bytes[at + 1] ?? 0) < HIGH;
    if (byte >= 0xc0 && isAlone) letters += 1;
  }
  return high === 0 ? 0 : letters / high;
}
