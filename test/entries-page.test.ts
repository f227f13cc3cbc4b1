import { describe, expect, it } from 'vitest';
import { entriesPage, entriesPageText } from '../tools/entries-page.ts';
import { textOf } from './tidy/repository.ts';

describe('the page of entries', () => {
  it('says of every kind what its schema says; else run `npm run generate`', () => {
    const page = textOf(entriesPage) ?? '';
    expect(page).toBe(entriesPageText(page));
    expect(page).toContain('| `releaseDigest` |');
  });
});
