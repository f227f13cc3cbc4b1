import { describe, expect, it } from 'vitest';
import { ENTRY_VERSION } from '../../entry/entry.ts';
import type { EntryBody } from '../../entry/index.ts';
import { LogVerificationError } from '../../log-verification-error.ts';
import { entriesOfScenes, lawfulNight, scene } from '../../testdata/lawful-night.ts';
import { add, by, change, drop, type Edit, move, placeOf } from '../../testdata/night-edits.ts';
import { LawfulHistory } from './lawful-history.ts';
import { UNDER_WAY_MS } from './subject.ts';

/** The code of the first thing that is wrong with a history, and the entry it is at. */
function faultOf(bodies: readonly EntryBody[]): { code: string; leafIndex: number | null } | undefined {
  const history = new LawfulHistory();
  for (const [leafIndex, body] of bodies.entries()) {
    try {
      history.accept({ ...body, version: ENTRY_VERSION }, leafIndex);
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      return { code: error.code, leafIndex: error.leafIndex };
    }
  }
  return undefined;
}

const edited = (...edits: readonly Edit[]) => edits.reduce((night, edit) => edit(night), lawfulNight());

const JUN = { principal: 'jun', member: 'dumpling-bar' };
const WOK = { principal: 'lin', member: 'data-wok' };
const mailer = (terms: string) => ({ destination: 'mailer', terms });
const closing = scene('close', 'destination-closed', { destination: 'mailer' }, JUN);
const leaving = scene('leave', 'destination-approval-withdrawn', mailer('terms-1'));
const changing = scene('change', 'destination-registered', mailer('terms-2'), JUN);

/** What is done to the lawful night, which promise that breaks, and at which scene it is found. */
const CRIMES: readonly (readonly [fact: string, edits: readonly Edit[], code: string, at: string])[] = [
  ['goes to a place that nobody registered', [drop('register'), drop('approve')], 'DESTINATION_UNKNOWN', 'activate'],
  ['goes where its owner has not approved', [drop('approve')], 'DESTINATION_NOT_APPROVED', 'activate'],
  ['goes where somebody else has approved', [by('approve', WOK)], 'DESTINATION_NOT_APPROVED', 'activate'],
  ['goes on other terms', [change('approve', mailer('terms-0'))], 'DESTINATION_NOT_APPROVED', 'activate'],
  ['is approved after it went', [move('approve', 'activate')], 'DESTINATION_NOT_APPROVED', 'activate'],
  ['goes to a place approved before it was there', [drop('register')], 'DESTINATION_UNKNOWN', 'approve'],
  [
    'goes to a place that another member has taken over',
    [add(scene('seize', 'destination-registered', mailer('terms-2'), WOK))],
    'DESTINATION_NOT_OWNED',
    'seize',
  ],
];

describe('a destination', () => {
  it.each(CRIMES)('is found out where an audience %s', (_, edits, code, at) => {
    const night = edited(...edits);
    expect(faultOf(entriesOfScenes(night))).toEqual({ code, leafIndex: placeOf(night, at) });
  });

  it('from before there were terms is held to none', () => {
    const night = edited(drop('approve'), (scenes) => {
      const place = placeOf(scenes, 'register');
      return scenes.with(place, scene('register', 'destination-registered', { destination: 'mailer' }, JUN));
    });
    expect(faultOf(entriesOfScenes(night))).toBeUndefined();
  });

  it.each([
    ['DESTINATION_CLOSED', closing],
    ['DESTINATION_NOT_APPROVED', leaving],
    ['DESTINATION_NOT_APPROVED', changing],
  ])('takes what was under way, and no more: %s', (code, ending) => {
    const night = edited(add(ending));
    const again = scene('late', 'audience-activated', {
      audience: 'aud-1',
      activation: 'act-2',
      destination: 'mailer',
    });
    const bodies = entriesOfScenes([...night, again]);
    expect(faultOf(bodies)).toBeUndefined();
    const last = bodies.at(-1) as EntryBody;
    const at = new Date(Date.parse(last.at) + UNDER_WAY_MS + 60_000).toISOString();
    expect(faultOf(bodies.with(-1, { ...last, at }))).toEqual({ code, leafIndex: bodies.length - 1 });
  });
});
