import { readFileSync } from 'node:fs';

/** What one scene shows: the first audience in the list that the person is in decides, else the default. */
export interface Scene {
  readonly default: string;
  readonly audiences: readonly { readonly audience: string; readonly content: string }[];
}

/** What to show whom, by scene. */
export type ContentRules = ReadonlyMap<string, Scene>;

/** What was decided: `audience` is null when the default was shown. */
export interface Decision {
  readonly audience: string | null;
  readonly content: string;
}

/**
 * Decides the content for a person of whom only the audiences are known.
 *
 * @returns undefined when no such scene is known
 */
export function decideContent(rules: ContentRules, scene: string, audiences: readonly string[]): Decision | undefined {
  const known = rules.get(scene);
  if (known === undefined) return undefined;
  const match = known.audiences.find((rule) => audiences.includes(rule.audience));
  return match ?? { audience: null, content: known.default };
}

/**
 * Reads the content rules from a JSON file: `{"scenes": {"<scene>": {"default": "…", "audiences": [{"audience": "…", "content": "…"}]}}}`.
 *
 * @throws {Error} naming the place that is not as it should be
 */
export function readContentRules(path: string): ContentRules {
  const document: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const scenes = objectAt(objectAt(document, 'the content rules').scenes, '`scenes`');
  return new Map(Object.entries(scenes).map(([name, value]) => [name, parseScene(value, `scene \`${name}\``)]));
}

function parseScene(value: unknown, place: string): Scene {
  const scene = objectAt(value, place);
  const audiences = scene.audiences ?? [];
  if (!Array.isArray(audiences)) throw new Error(`\`audiences\` of ${place} is not a list`);
  return {
    default: textAt(scene.default, `\`default\` of ${place}`),
    audiences: audiences.map((entry: unknown, index) => {
      const rule = objectAt(entry, `audience ${index} of ${place}`);
      return {
        audience: textAt(rule.audience, `\`audience\` ${index} of ${place}`),
        content: textAt(rule.content, `\`content\` ${index} of ${place}`),
      };
    }),
  };
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${place} is not an object`);
  return value as Record<string, unknown>;
}

function textAt(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new Error(`${place} is not text`);
  return value;
}
