// Trees that the grammar never made: what a parser worker could send that somebody has taken over. The rules read such
// a tree like any other: they refuse it or accept it, by the closed catalogue, and what they accept runs as printed
// from our own tree, over the bound tables alone.
import { beforeAll, describe, it } from 'vitest';
import { parseSql } from '../support/engine.ts';
import { goldenQuestions } from '../support/golden-questions.ts';
import { complaintOnRun, loadTinyTables } from './accepted-invariants.ts';
import { runCampaign, withoutParts } from './campaign.ts';
import { campaignSeed } from './choices.ts';
import { drawEdits, type Edit, editedTree } from './tree-mutations.ts';
import { verdictsOn } from './verdict-invariants.ts';

interface HostileTree {
  readonly sql: string;
  readonly tree: unknown;
  readonly edits: readonly Edit[];
}

const LONG_MS = 3_600_000;

async function treesOf(): Promise<readonly { readonly sql: string; readonly tree: unknown }[]> {
  const parsed = [...goldenQuestions('allow'), ...goldenQuestions('deny')].map(async (sql) => {
    const parse = await parseSql(sql);
    return parse.ok ? [{ sql, tree: JSON.parse(parse.tree) as unknown }] : [];
  });
  return (await Promise.all(parsed)).flat();
}

beforeAll(loadTinyTables);

describe('any tree', () => {
  it(
    `has one verdict, though no text has it (seed ${campaignSeed})`,
    async () => {
      const corpus = await treesOf();
      const trees = corpus.map(({ tree }) => tree);
      await runCampaign<HostileTree>({
        name: 'hostile tree',
        commitCount: 600,
        shortCount: 3_000,
        longCount: 50_000,
        draw(choices) {
          const { sql, tree } = choices.of(corpus);
          return { sql, tree, edits: drawEdits(choices, tree, trees) };
        },
        async examine({ sql, tree, edits }) {
          const json = editedTree(tree, edits);
          const { question, complaint } = verdictsOn(sql, { ok: true, tree: json }, 'hostile');
          if (complaint !== null) return complaint;
          return question.ok ? await complaintOnRun(question.value) : null;
        },
        *smaller(input) {
          for (const edits of withoutParts(input.edits)) yield { ...input, edits };
        },
        print: ({ sql, edits }) => JSON.stringify({ sql, edits }),
      });
    },
    LONG_MS,
  );
});
