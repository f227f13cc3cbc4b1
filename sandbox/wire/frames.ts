// A frame is u32 length (little-endian, of the payload), u8 type, payload. The length is judged before a byte of
// the payload is kept: the writer on the other side of the wall may be hostile, and a promise of four gigabytes
// must cost nothing.

/** Bytes before the payload. */
export const FRAME_HEADER_BYTES = 5;

/**
 * Bytes left free before a payload in memory: a chunk lies behind a prefix of four bytes, and numbers of eight bytes can
 * be read in place only where they begin at a multiple of eight.
 */
export const PAYLOAD_OFFSET_BYTES = 4;

/** One frame as read: its type byte and its payload. */
export interface Frame {
  type: number;
  payload: Uint8Array;
}

/** Thrown when the bytes are not frames of the expected kind; whoever sent them is not to be listened to any longer. */
export class FrameError extends Error {
  override name = 'FrameError';
}

/** Makes the header of a frame; the payload follows as it is, so that large ones are not copied. */
export function encodeFrameHeader(type: number, payloadBytes: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, payloadBytes, true);
  header[4] = type;
  return header;
}

/**
 * Reads a frame header.
 *
 * @param maxBytesOf gives the cap of a frame type, undefined for a type that may not come this way
 * @throws {FrameError} when the type is unknown or the length above its cap
 */
export function decodeFrameHeader(
  header: Uint8Array,
  maxBytesOf: (type: number) => number | undefined,
): { type: number; payloadBytes: number } {
  const payloadBytes = new DataView(header.buffer, header.byteOffset).getUint32(0, true);
  const type = header[4] as number;
  const maxBytes = maxBytesOf(type);
  if (maxBytes === undefined) throw new FrameError('a frame has an unknown type');
  if (payloadBytes > maxBytes) throw new FrameError('a frame is longer than its type allows');
  return { type, payloadBytes };
}

/**
 * Cuts a byte stream into frames, one at a time: the source is not pulled while a frame is being used.
 *
 * @throws {FrameError} for an unknown type, a length above its cap, or an end inside a frame
 */
export async function* readFrames(
  source: AsyncIterable<Uint8Array>,
  maxBytesOf: (type: number) => number | undefined,
): AsyncGenerator<Frame, void, undefined> {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  let headerFill = 0;
  let payloadFill = 0;
  let frame: Frame | null = null;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.byteLength; ) {
      if (frame === null) {
        const taken = bytes.subarray(at, at + FRAME_HEADER_BYTES - headerFill);
        header.set(taken, headerFill);
        headerFill += taken.byteLength;
        at += taken.byteLength;
        if (headerFill < FRAME_HEADER_BYTES) continue;
        const { type, payloadBytes } = decodeFrameHeader(header, maxBytesOf);
        const memory = new ArrayBuffer(PAYLOAD_OFFSET_BYTES + payloadBytes);
        frame = { type, payload: new Uint8Array(memory, PAYLOAD_OFFSET_BYTES) };
        payloadFill = 0;
      } else {
        const taken = bytes.subarray(at, at + frame.payload.byteLength - payloadFill);
        frame.payload.set(taken, payloadFill);
        payloadFill += taken.byteLength;
        at += taken.byteLength;
      }
      if (payloadFill < frame.payload.byteLength) continue;
      yield frame;
      frame = null;
      headerFill = 0;
    }
  }
  if (frame !== null || headerFill > 0) throw new FrameError('the bytes end inside a frame');
}
