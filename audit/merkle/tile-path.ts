// Where C2SP tlog-tiles (https://c2sp.org/tlog-tiles) puts each piece of a log, so that a plain copy of the files is a
// mirror that any client of that format reads.

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH_HASHES = 256;

/** Digits in one step of a path: at most a thousand names in one folder. */
const PATH_STEP_DIGITS = 3;

/** What a tile holds: hashes at a level of the tree (0: of leaves), or the entries themselves. */
export type TileLevel = number | 'entries';

/** The path of a tile beneath the log's folder; a width below the full one names the partial tile. */
export function tilePath(level: TileLevel, index: number, width: number = TILE_WIDTH_HASHES): string {
  const steps: string[] = [];
  for (let rest = index; steps.length === 0 || rest > 0; rest = Math.floor(rest / 10 ** PATH_STEP_DIGITS)) {
    steps.push(String(rest % 10 ** PATH_STEP_DIGITS).padStart(PATH_STEP_DIGITS, '0'));
  }
  const [last = '', ...before] = steps;
  const name = [...before.toReversed().map((step) => `x${step}`), last].join('/');
  return `tile/${level}/${name}${width === TILE_WIDTH_HASHES ? '' : `.p/${width}`}`;
}

/** Where a tile stands. */
export interface TilePlace {
  readonly level: TileLevel;
  readonly index: number;
  readonly width: number;
}

/** Reads a path back; undefined for one that `tilePath` would not have written. */
export function parseTilePath(path: string): TilePlace | undefined {
  const [, levelText = '', name = '', widthText] =
    /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? [];
  const level: TileLevel = levelText === 'entries' ? 'entries' : Number(levelText);
  const place = {
    level,
    index: Number(name.replaceAll(/[x/]/g, '')),
    width: widthText === undefined ? TILE_WIDTH_HASHES : Number(widthText),
  };
  return tilePath(place.level, place.index, place.width) === path ? place : undefined;
}
