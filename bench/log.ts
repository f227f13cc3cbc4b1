// The part of `npm run bench` that is about the log, alone: `node bench/log.ts`. `--largest N` takes logs of up to so many
// entries, by tens; ten million take a quarter of an hour.
import { parseArgs } from 'node:util';
import { ServiceStage } from '../test/support/service-stage.ts';
import { setTable } from '../test/support/service-table.ts';
import { LARGEST_SIZE, logFigures } from './log-figures.ts';
import { printFigures } from './print-figures.ts';

const { values } = parseArgs({
  options: { largest: { type: 'string', default: String(LARGEST_SIZE) }, json: { type: 'boolean', default: false } },
});
await using stage = await ServiceStage.open();
const { collaborationId } = await setTable(stage);
const tell = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
printFigures(await logFigures(stage, collaborationId, { largest: Number(values.largest), tell }));
