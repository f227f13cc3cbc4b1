import { canonicalText, readRules, type TableView } from '../policies/index.ts';
import { mailingsRules, outcomesRules } from '../test/support/service-rules.ts';

/** The tables of the bench, with the rules that their owners set in the tests of the service. */
export function benchViews(): readonly TableView[] {
  const view = (member: string, alias: string, columns: TableView['columns'], rulesJson: string): TableView => {
    const read = readRules(JSON.parse(rulesJson), columns);
    if (!read.ok) throw new Error(canonicalText(read.faults));
    return { member, alias, datasetId: alias, columns, identifiers: ['email'], rules: read.rules };
  };
  const column = (name: string, kind: 'person' | 'text' | 'integer') => ({ name, type: { kind } });
  return [
    view(
      'jiufang',
      'outcomes',
      [
        column('email', 'person'),
        column('city', 'text'),
        column('visit', 'integer'),
        { name: 'spend', type: { kind: 'decimal', scale: 2 } },
      ],
      outcomesRules(),
    ),
    view(
      'chenxi',
      'mailings',
      [column('email', 'person'), column('arm', 'text'), column('tier', 'integer')],
      mailingsRules(),
    ),
  ];
}
