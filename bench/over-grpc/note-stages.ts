// Loaded into a service that the bench starts (`node --import`): notes where its questions spend their time, a line of
// JSON for each stage, in the file that the environment names. A service that ships tells it to nobody.

import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

const path = process.env.GALLEY_BENCH_STAGES;
if (path !== undefined) subscribe('galley.stage', (told) => appendFileSync(path, `${JSON.stringify(told)}\n`));
