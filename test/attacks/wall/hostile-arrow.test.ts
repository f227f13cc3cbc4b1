// Attack: a sender writes an Arrow stream or file that lies. Messages promise bodies that do not come, offsets of text
// fall or lead outside, indices miss their dictionary, columns nest without end, batches have rows and no bytes.
// Wall: whatever happens, happens in a worker that holds this file alone; and the reader judges each number before it
// follows it. The sender gets a word for it; nothing of the file is kept.
import { arrowBatch, arrowSchema, arrowStream } from '../../support/hostile-arrow.ts';
import { arrowBatches, arrowDictionaries } from '../../support/hostile-arrow-batches.ts';
import { arrowFiles, arrowSchemas, arrowStreams } from '../../support/hostile-arrow-schemas.ts';
import { plainNumbers } from '../../support/hostile-parquet.ts';
import { hostileSuite } from '../../support/hostile-suite.ts';

const clean = {
  file: arrowStream(arrowSchema(), arrowBatch(3, [Buffer.alloc(0), plainNumbers(1, 2, 3)])),
  rows: 3,
};

hostileSuite('arrow', clean, {
  'messages that lie': arrowStreams,
  'columns that cannot be': arrowSchemas,
  'batches that lie': arrowBatches,
  'dictionaries that lie': arrowDictionaries,
  'files whose footer lies': arrowFiles,
});
