import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, findFrame } from './frame.ts';

const anyLeaves = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 20 });
const anyIndex = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('a frame', () => {
  it('gives back the leaves it was made of, whatever follows it', () => {
    fc.assert(
      fc.property(anyIndex, anyLeaves, fc.uint8Array(), (firstLeafIndex, leaves, rest) => {
        const frame = encodeFrame(firstLeafIndex, leaves);
        const read = decodeFrame(Buffer.concat([frame, rest]));
        expect(read).toMatchObject({ firstLeafIndex, byteLength: frame.byteLength });
        expect(read?.leaves.map((leaf) => [...leaf])).toEqual(leaves.map((leaf) => [...leaf]));
      }),
    );
  });

  it('is no frame when any one bit of it is flipped, or when it is cut short', () => {
    fc.assert(
      fc.property(anyIndex, anyLeaves, fc.nat(), (firstLeafIndex, leaves, at) => {
        const frame = encodeFrame(firstLeafIndex, leaves);
        const bit = at % (frame.byteLength * 8);
        expect(decodeFrame(frame.subarray(0, bit >> 3))).toBeUndefined();
        frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(decodeFrame(frame)).toBeUndefined();
      }),
    );
  });

  it('is found behind torn bytes', () => {
    const frame = encodeFrame(3, [Buffer.from('{}')]);
    expect(findFrame(Buffer.concat([frame.subarray(0, 20), frame.subarray(0, 9), frame]))).toBe(29);
    expect(findFrame(frame.subarray(0, -1))).toBe(-1);
  });
});
