import { describe, expect, it } from 'vitest';
import { ENTRY_VERSION } from '../../entry/entry.ts';
import { LogVerificationError } from '../../log-verification-error.ts';
import { entriesOfScenes, lawfulNight, type Scene, scene } from '../../testdata/lawful-night.ts';
import { add, by, change, type Edit, placeOf } from '../../testdata/night-edits.ts';
import { LawfulHistory } from './lawful-history.ts';

/** The first thing that is wrong with a night after some edits: its code and the scene it is at. */
function faultOf(edits: readonly Edit[]): { code: string; at: string } | undefined {
  const scenes = edits.reduce((night, edit) => edit(night), lawfulNight());
  const history = new LawfulHistory();
  for (const [leafIndex, body] of entriesOfScenes(scenes).entries()) {
    try {
      history.accept({ ...body, version: ENTRY_VERSION }, leafIndex);
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      return { code: error.code, at: scenes[leafIndex]?.name ?? '' };
    }
  }
  return undefined;
}

const before =
  (name: string, one: Scene): Edit =>
  (night) =>
    night.toSpliced(placeOf(night, name), 0, one);

const MEI = { principal: 'mei', member: 'noodle-house' };
const WOK = { principal: 'lin', member: 'data-wok' };
const templatesAlone = change('grant', { abilities: ['template'] });
const approved = (template: string, actor = MEI) =>
  before('submit q-2', scene('approve', 'template-approved', { template, ready: false }, actor));
const filledIn = [change('submit q-2', { template: 't-1' }), change('define', { template: 't-1' })];

describe('a night with templates', () => {
  it('is lawful when what was run for another had been approved', () => {
    expect(faultOf([approved('t-1'), ...filledIn])).toBeUndefined();
    // To activate what came of it takes another ability, or the member itself.
    expect(faultOf([templatesAlone, approved('t-1'), ...filledIn, by('activate', MEI)])).toBeUndefined();
  });

  it.each<readonly [fact: string, edits: readonly Edit[], code: string, at: string]>([
    ['nobody approved it', filledIn, 'TEMPLATE_NOT_APPROVED', 'submit q-2'],
    ['another was approved', [approved('t-2'), ...filledIn], 'TEMPLATE_NOT_APPROVED', 'submit q-2'],
    ['it was approved by who runs it', [approved('t-1', WOK), ...filledIn], 'TEMPLATE_NOT_APPROVED', 'submit q-2'],
    ['a grant of templates is used to ask', [templatesAlone], 'GRANT_MISSING', 'submit q-2'],
    [
      'a grant of templates is used to activate',
      [templatesAlone, approved('t-1'), ...filledIn],
      'GRANT_MISSING',
      'activate',
    ],
    [
      'an approval is withdrawn that was never given',
      [add(scene('take back', 'template-approval-withdrawn', { template: 't-1' }))],
      'TEMPLATE_NOT_APPROVED',
      'take back',
    ],
  ])('is found out when %s', (_, edits, code, at) => {
    expect(faultOf(edits)).toEqual({ code, at });
  });
});
