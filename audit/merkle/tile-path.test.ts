import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTilePath, tilePath } from './tile-path.ts';

describe('the path of a tile', () => {
  it('is that of the examples of C2SP tlog-tiles', () => {
    expect(tilePath(0, 1_234_067)).toBe('tile/0/x001/x234/067');
    expect(tilePath(0, 273, 112)).toBe('tile/0/273.p/112');
    expect(tilePath(2, 0, 1)).toBe('tile/2/000.p/1');
    expect(tilePath('entries', 1000, 255)).toBe('tile/entries/x001/000.p/255');
    expect(tilePath('entries', 0)).toBe('tile/entries/000');
  });

  it('is read back to what it was made of, and nothing else is', () => {
    const anyLevel = fc.oneof(fc.constant('entries' as const), fc.nat({ max: 63 }));
    fc.assert(
      fc.property(anyLevel, fc.nat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath(level, index, width))).toEqual({ level, index, width });
      }),
    );
    for (const path of [
      'tile/0/1',
      'tile/00/001',
      'tile/0/x000/001',
      'tile/0/001.p/256',
      'tile/0/001.p/07',
      'checkpoint',
    ])
      expect(parseTilePath(path), path).toBeUndefined();
  });
});
