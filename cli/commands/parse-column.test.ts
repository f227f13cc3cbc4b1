import { describe, expect, it } from 'vitest';
import { datasets } from '../../proto/index.ts';
import { isIdentifier, nameKind, parseColumn } from './parse-column.ts';

describe('a column on the command line', () => {
  it('has a name and a kind, decimals their scale, telephones their region, and a ? where values may be missing', () => {
    expect(parseColumn('email:email')).toEqual({
      name: 'email',
      kind: datasets.ColumnKind.EMAIL,
      scale: 0,
      nullable: false,
      defaultRegion: '',
      source: '',
      hashed: false,
      customKind: '',
    });
    expect(parseColumn('spend:decimal(2)?')).toMatchObject({
      kind: datasets.ColumnKind.DECIMAL,
      scale: 2,
      nullable: true,
    });
    expect(parseColumn('tel:phone(CN)')).toMatchObject({ kind: datasets.ColumnKind.PHONE, defaultRegion: 'CN' });
    expect(parseColumn('id:member_id')).toMatchObject({ kind: datasets.ColumnKind.MEMBER_ID });
  });

  it.each(['email', 'email:', ':text', 'a:money', 'a:decimal', 'a:decimal(12)', 'a:decimal(x)'])(
    'is refused as `%s`',
    (written) => {
      expect(() => parseColumn(written)).toThrow();
    },
  );

  it('names persons as e-mail, telephone and member id alone', () => {
    const named = ['text', 'integer', 'decimal(2)', 'boolean', 'date', 'timestamp', 'email', 'phone(CN)', 'member_id'];
    const identifiers = named.filter((kind) => isIdentifier(parseColumn(`a:${kind}`)));
    expect(identifiers).toEqual(['email', 'phone(CN)', 'member_id']);
  });

  it('is shown as it is written', () => {
    for (const kind of ['text', 'decimal(2)?', 'timestamp', 'member_id'])
      expect(nameKind(parseColumn(`a:${kind}`))).toBe(kind);
  });
});
