import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';

/** A marker that lies where none may. */
export interface Found {
  readonly name: string;
  readonly path: string;
}

/** Most bytes of one packed piece: larger ones are none of ours. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

/**
 * Every form in which a text or bytes could lie in a file: as they are, in UTF-16, in hexadecimal of both cases, and in
 * base64 of both alphabets wherever in it they may begin.
 */
export function formsOf(content: string | Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(content as Uint8Array);
  const texts = [bytes.toString('hex'), bytes.toString('hex').toUpperCase()];
  for (const offset of [0, 1, 2]) {
    // The characters at the ends have bits of what stands beside it.
    const whole = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/u, '');
    const inner = whole.slice(offset === 0 ? 0 : offset + 1, whole.length - 2);
    texts.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  const wide = typeof content === 'string' ? [Buffer.from(content, 'utf16le')] : [];
  const forms = [bytes, ...wide, ...texts.map((text) => Buffer.from(text))];
  return [...new Map(forms.map((form) => [form.toString('latin1'), form])).values()];
}

/** Searches files, and all that is packed in them, for markers. */
export function searchFor(
  files: ReadonlyMap<string, Buffer>,
  markers: ReadonlyMap<string, readonly Buffer[]>,
): readonly Found[] {
  const found: Found[] = [];
  for (const [path, bytes] of files) {
    const layers = [bytes, ...unpacked(bytes)];
    for (const [name, forms] of markers) {
      if (layers.some((layer) => forms.some((form) => layer.includes(form)))) found.push({ name, path });
    }
  }
  return found;
}

/** What a file holds in the formats of gzip and zlib, wherever it begins. */
function unpacked(bytes: Buffer): readonly Buffer[] {
  const gzip = gzipSync('').subarray(0, 3);
  const layers = startsOf(bytes, gzip).map((start) => attempt(() => gunzipSync(bytes.subarray(start), LIMITS)));
  for (const level of [1, 6, 9]) {
    const head = deflateSync('', { level }).subarray(0, 2);
    layers.push(...startsOf(bytes, head).map((start) => attempt(() => inflateSync(bytes.subarray(start), LIMITS))));
  }
  return layers.filter((layer) => layer !== null);
}

const LIMITS = { maxOutputLength: MAX_UNPACKED_BYTES };

function startsOf(bytes: Buffer, head: Uint8Array): readonly number[] {
  const starts: number[] = [];
  for (let at = bytes.indexOf(head); at !== -1; at = bytes.indexOf(head, at + 1)) starts.push(at);
  return starts;
}

function attempt(unpack: () => Buffer): Buffer | null {
  try {
    return unpack();
  } catch {
    return null;
  }
}
