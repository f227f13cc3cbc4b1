// Attack: a sender writes a Parquet file that lies. Lengths promise gigabytes, pages unpack to more than they say,
// offsets lead outside, backwards or to one place twice, indices miss their dictionary, counts differ. A reader that
// believes one of them fills its memory, runs for ever or hands on values that the file does not hold.
// Wall: whatever happens, happens in a worker that holds this file alone; and the reader judges each number before it
// follows it. The sender gets a word for it; nothing of the file is kept.

import { oneChunk, plainNumbers } from '../../support/hostile-parquet.ts';
import { parquetChunks, parquetFooters } from '../../support/hostile-parquet-footers.ts';
import { parquetPages } from '../../support/hostile-parquet-pages.ts';
import { parquetPackings, parquetValues } from '../../support/hostile-parquet-values.ts';
import { hostileSuite } from '../../support/hostile-suite.ts';

const clean = { file: oneChunk(3, [{ body: plainNumbers(1, 2, 3), values: 3 }]), rows: 3 };

hostileSuite('parquet', clean, {
  'a footer that lies': parquetFooters,
  'chunks that are not where they should be': parquetChunks,
  'pages that lie': parquetPages,
  'pages that unpack to something else': parquetPackings,
  'values that cannot be kept': parquetValues,
});
