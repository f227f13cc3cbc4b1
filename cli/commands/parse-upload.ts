import { InvalidArgumentError } from 'commander';
import { datasets } from '../../proto/index.ts';
import { formatNames } from '../column-kinds.ts';

/** Parses how many rows may be refused: `100` rows, or a share such as `1%`. */
export function parseTolerance(value: string): datasets.RejectTolerance {
  const share = /^(?<percent>\d{1,3}(\.\d{1,6})?)%$/u.exec(value)?.groups?.percent;
  if (share !== undefined && Number(share) <= 100) return { rows: 0n, share: Number(share) / 100 };
  if (/^\d{1,15}$/u.test(value)) return { rows: BigInt(value), share: 0 };
  throw new InvalidArgumentError('it must be a number of rows, as in `100`, or a share of them, as in `1%`');
}

/** Parses how an upload continues its dataset. */
export function parseSnapshotMode(value: string): datasets.SnapshotMode {
  if (value === 'replace') return datasets.SnapshotMode.REPLACE;
  if (value === 'append') return datasets.SnapshotMode.APPEND;
  throw new InvalidArgumentError('it must be `replace` or `append`');
}

/** Parses what a file is. */
export function parseFormat(value: string): datasets.FileFormat {
  const format = formatNames[value];
  if (format === undefined) throw new InvalidArgumentError(`it must be one of ${Object.keys(formatNames).join(', ')}`);
  return format;
}
