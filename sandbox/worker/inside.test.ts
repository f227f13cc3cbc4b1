import { describe, expect, it } from 'vitest';

describe('worker code', () => {
  it.each(['./main.ts', './engine/engine.ts', './engine/vector-memory.ts'])(
    '%s refuses to be loaded outside',
    async (file) => {
      await expect(import(file)).rejects.toThrow('behind the wall only');
    },
  );
});
