import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Vault } from '../vault/index.ts';
import { shownReceipt } from './shown-receipt.ts';

const vaultOf = (fill: number) => ({ deriveKey: () => createSecretKey(Buffer.alloc(32, fill)) }) as unknown as Vault;
const vault = vaultOf(1);

describe('what is shown of a receipt', () => {
  it.each(['pub-81344f5c-d477-449d-90e7-2e7e2ba6af84', 'A', 'a'.repeat(64)])(
    'is %s itself, a short name',
    (receipt) => {
      expect(shownReceipt({ vault }, receipt)).toBe(receipt);
    },
  );

  it.each(['', 'a'.repeat(65), '847 members', 'ana@example.com', 'pub-1\n', 'pub_1', '上海'])(
    'is a keyed digest in place of %j',
    (receipt) => {
      const shown = shownReceipt({ vault }, receipt);
      expect(shown).toMatch(/^digest-[0-9a-f]{32}$/);
      expect(shownReceipt({ vault }, receipt)).toBe(shown);
      expect(shownReceipt({ vault: vaultOf(2) }, receipt)).not.toBe(shown);
    },
  );
});
