import type { EntryKind, JsonValue } from '../entry/index.ts';
import type { Scene } from './lawful-night.ts';

/** What is done to the scenes of a night. */
export type Edit = (night: Scene[]) => Scene[];

/** The place of a scene by its name. */
export const placeOf = (night: readonly Scene[], name: string): number => {
  const place = night.findIndex((one) => one.name === name);
  if (place < 0) throw new Error(`no scene is called ${name}`);
  return place;
};

/** Leaves a scene out. */
export const drop =
  (name: string): Edit =>
  (night) =>
    night.toSpliced(placeOf(night, name), 1);

/** Tells a scene once more, at the end, as `… again`. */
export const again =
  (name: string): Edit =>
  (night) => {
    const place = placeOf(night, name);
    const twin = { ...(night[place] as Scene), name: `${name} again` };
    return [...night, twin];
  };

/** Puts a scene behind another one. */
export const move =
  (name: string, behind: string): Edit =>
  (night) => {
    const place = placeOf(night, name);
    const left = night.toSpliced(place, 1);
    return left.toSpliced(placeOf(left, behind) + 1, 0, night[place] as Scene);
  };

/** Adds a scene at the end. */
export const add =
  (one: Scene): Edit =>
  (night) => [...night, one];

/** Changes what a scene says, or its kind. */
export const change =
  (name: string, subject: Record<string, JsonValue>, kind?: EntryKind): Edit =>
  (night) => {
    const place = placeOf(night, name);
    const { entry } = night[place] as Scene;
    return night.with(place, {
      name,
      entry: { ...entry, kind: kind ?? entry.kind, subject: { ...entry.subject, ...subject } },
    });
  };

/** Has a scene done by somebody else. */
export const by =
  (name: string, actor: Scene['entry']['actor']): Edit =>
  (night) => {
    const place = placeOf(night, name);
    const { entry } = night[place] as Scene;
    return night.with(place, { name, entry: { ...entry, actor } });
  };
