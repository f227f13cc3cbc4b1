// Every decision of a history is made again on the auditor's side; and a service that lies about one is found out.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReplayRules } from '../../../cli/audit-replay.ts';
import { rulesDigest } from '../../../cli/auditor/rules-digest.ts';
import { type Replayed, replayHistory, replayOne } from '../../../cli/replay-history.ts';
import { entriesOf } from '../../support/service-questions.ts';
import { replayAll, replayAs } from '../../support/service-replay.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { tally } from '../../support/tally.ts';
import { DishonestService } from './dishonest-service.ts';
import { DECIDED, type ToldHistory, tellHistory } from './told-history.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const root = fileURLToPath(new URL('../../../', import.meta.url));

let stage: ServiceStage;
let history: ToldHistory;
let replayed: readonly Replayed[];
let rules: ReplayRules;

beforeAll(async () => {
  stage = await ServiceStage.open();
  history = await tellHistory(stage);
  replayed = await replayAll(stage);
  rules = await ReplayRules.of([]);
});

afterAll(() => stage[Symbol.asyncDispose]());

/** How a call fails. */
async function failureOf(call: Promise<unknown>): Promise<Error> {
  return await call.then(
    () => expect.fail('the call was answered'),
    (cause: Error) => cause,
  );
}

/** A decision of the history that was made again. */
function oneOf(about: string, decided: string): Replayed & { readonly subject: string } {
  const found = replayed.find((one) => one.about === about && one.decided === decided);
  return found ?? expect.fail(`nothing of ${about} was ${decided}`);
}

describe('a whole history', () => {
  it('is decided again to the last digit, whatever was decided on and whatever came of it', async () => {
    const byOutcome = Map.groupBy(replayed, ({ outcome }) => outcome);
    const told = replayed.map(({ outcome, subject, differences }) => ({ outcome, subject, differences }));
    expect([...byOutcome.keys()].toSorted(), JSON.stringify(told)).toEqual(['erased', 'identical']);
    expect(byOutcome.get('erased')).toHaveLength(history.erasedCount);
    const identical = byOutcome.get('identical') ?? [];
    expect(new Set(identical.map(({ about, decided }) => `${about}: ${decided}`))).toEqual(new Set(DECIDED));
    for (const { isSameCode, leafIndex } of identical) {
      expect(isSameCode).toBe(true);
      expect(leafIndex).toEqual(expect.any(Number));
    }
    tally('replayed', replayed.length);
    tally('replayDiffers', replayed.length - identical.length - history.erasedCount);
  });

  it('has a record for every entry that decided, and an entry for every record', async () => {
    const deciding = (await entriesOf(stage)).filter(({ kind, subject }) => {
      const isDecided = /^(question-(admitted|refused)|audience-(defined|refused|estimated|activated)|match-)/.test(
        kind,
      );
      return isDecided && !['match-estimated', 'match-failed'].includes(kind) && subject.code !== 'NOT_ACCEPTED';
    });
    expect(deciding.filter(({ subject }) => typeof subject.decision !== 'string')).toEqual([]);
    expect(new Set(replayed.map(({ subject }) => subject)).size).toBe(replayed.length);
  });

  it('names no size of an audience to the auditor', () => {
    for (const decided of ['admitted', 'refused'] as const) {
      const { record } = oneOf('activation', decided) as { record: { inputs: object; decision: object } };
      expect(Object.keys(record.inputs).toSorted()).toEqual([
        'audienceOwner',
        'blurEpsilon',
        'destination',
        'functions',
        'isLargeEnough',
        'parse',
        'sql',
        'tables',
        'tags',
      ]);
      expect(record.decision).toMatchObject({ minSize: 300 });
      expect(JSON.stringify(record.decision)).not.toContain('"persons":"-1"');
    }
  });

  it('is found by an entry as by an id, and says what an erasure has removed', async () => {
    const charged = (await entriesOf(stage, 'budget-reserved')).find(({ subject }) => subject.size !== undefined);
    expect(await replayAs(stage, String(charged?.leafIndex))).toMatchObject({
      outcome: 'identical',
      about: 'audience-size',
      leafIndex: charged?.leafIndex,
    });
    const erased = replayed.find(({ outcome }) => outcome === 'erased');
    const [erasure] = await entriesOf(stage, 'person-erased');
    expect(erased?.erasedBy).toBe(erasure?.leafIndex);
    expect(await replayAs(stage, String(erased?.leafIndex))).toMatchObject({ outcome: 'erased' });
    const started = (await entriesOf(stage, 'service-started'))[0];
    await expect(replayAs(stage, String(started?.leafIndex))).rejects.toThrow('binds no decision');
  });
});

describe('a service that lies', () => {
  /** What the auditor finds of one decision where a service lies. */
  async function found(subject: string, lie: (service: DishonestService) => void): Promise<Replayed> {
    const service = await DishonestService.from(stage.as('auditor'), [subject]);
    lie(service);
    const { leafIndex } = replayed.find((one) => one.subject === subject) ?? {};
    return await replayOne(service, rules, String(leafIndex));
  }

  it.each(DECIDED)('about %s is found out, with a record that it wrote later or at once', async (decision) => {
    const [about = '', decided = ''] = decision.split(': ');
    const { subject } = oneOf(about, decided);
    const lieOf = (service: DishonestService) => {
      const record = service.recordOf(subject);
      return { ...record, decision: { ...(record.decision as object), kind: 'undecided' } };
    };
    expect(await found(subject, () => undefined)).toMatchObject({ outcome: 'identical' });
    expect(await found(subject, (service) => service.exchange(subject, lieOf(service)))).toMatchObject({
      outcome: 'unbound',
    });
    expect(await found(subject, (service) => service.forge(subject, lieOf(service)))).toMatchObject({
      outcome: 'differs',
      differences: ['/kind'],
    });
  });

  it('is found out when it gives no record, one that nobody can read, or speaks of an erasure that never was', async () => {
    const { subject } = oneOf('question', 'admitted');
    const notFound = await failureOf(stage.as('auditor').audit.decision(`q-${'0'.repeat(32)}`));
    expect(await found(subject, (service) => service.keepBack(subject, notFound))).toMatchObject({
      outcome: 'missing',
    });
    const unread = (service: DishonestService) => service.forge(subject, { ...service.recordOf(subject), version: 99 });
    expect(await found(subject, unread)).toMatchObject({ outcome: 'missing' });
    const erased = replayed.find(({ outcome }) => outcome === 'erased');
    const refusal = await failureOf(stage.as('auditor').audit.decision(erased?.subject ?? ''));
    expect(await found(subject, (service) => service.keepBack(subject, refusal))).toMatchObject({ outcome: 'erased' });
    const withoutErasure = (service: DishonestService) => {
      service.keepBack(subject, refusal);
      service.rename(erased?.erasedBy ?? -1, 'log-read');
    };
    expect(await found(subject, withoutErasure)).toMatchObject({ outcome: 'missing' });
  });
});

describe('code of another time', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'galley-checkout-'));
  const decidePath = join(checkout, 'policies/replay/decide.ts');
  let service: DishonestService;
  let subject: string;

  beforeAll(async () => {
    cpSync(join(root, 'policies'), join(checkout, 'policies'), { recursive: true });
    // It named what was decided in another way.
    const changed = readFileSync(decidePath, 'utf8').replace(
      "kind: 'admitted',\n    // Where",
      "kind: 'let-in',\n    // Where",
    );
    writeFileSync(decidePath, changed.replaceAll("kind: 'admitted';", "kind: 'let-in';"));
    ({ subject } = oneOf('question', 'admitted'));
    service = await DishonestService.from(stage.as('auditor'), [subject]);
    const record = service.recordOf(subject);
    const code = { ...(record.code as object), rules: await rulesDigest(checkout) };
    service.forge(subject, { ...record, code, decision: { ...(record.decision as object), kind: 'let-in' } });
  });

  afterAll(() => rmSync(checkout, { recursive: true, force: true }));

  const replay = (known: ReplayRules) => replayOne(service, known, subject);

  it('is named where it would decide otherwise, and decides again where it is given', async () => {
    expect(await replay(rules)).toMatchObject({ outcome: 'other-code', isSameCode: false, differences: ['/kind'] });
    const both = await ReplayRules.of([checkout]);
    expect(await replay(both)).toMatchObject({ outcome: 'identical', isSameCode: true, decided: 'let-in' });
    const others = await Array.fromAsync(
      replayHistory(stage.as('auditor'), both, { collaborationId: history.collaborationId, fromIndex: 0n }),
    );
    expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(['identical', 'erased']));
  });

  it('is run for nothing that does not name its very digest', async () => {
    writeFileSync(decidePath, `${readFileSync(decidePath, 'utf8')}\nthrow new Error('was run');\n`);
    expect(await replay(await ReplayRules.of([checkout]))).toMatchObject({ outcome: 'other-code' });
    await expect(ReplayRules.of([join(checkout, 'nowhere')])).rejects.toThrow('holds no checkout');
  });
});
