// Attack: a sender writes a Parquet file that lies. Lengths promise gigabytes, pages unpack to more than they say,
// offsets lead outside, backwards or to one place twice, indices miss their dictionary, counts differ. A reader that
// believes one of them fills its memory, runs for ever or hands on values that the file does not hold.
// Wall: whatever happens, happens in a worker that holds this file alone; and the reader judges each number before it
// follows it. The sender gets a word for it; nothing of the file is kept.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { oneChunk, plainNumbers } from '../../support/hostile-parquet.ts';
import { parquetChunks, parquetFooters } from '../../support/hostile-parquet-footers.ts';
import { parquetPages } from '../../support/hostile-parquet-pages.ts';
import { parquetPackings, parquetValues } from '../../support/hostile-parquet-values.ts';
import { type HostileCase, hostileSuite } from '../../support/hostile-suite.ts';

const MIB = 1_048_576;
const clean = { file: oneChunk(3, [{ body: plainNumbers(1, 2, 3), values: 3 }]), rows: 3 };

// Where the footer is nobody knows before all is unpacked: a file of this kind would have to be held whole.
const packed: readonly HostileCase[] = [
  { title: 'by gzip', file: () => gzipSync(clean.file), ends: 'compressed' },
  { title: 'by zstd', file: () => zstdCompressSync(clean.file), ends: 'compressed' },
  { title: 'as an archive', file: () => Buffer.from('PK\x03\x04\x14\0\0\0'), ends: 'compressed' },
  { title: 'by gzip that goes on for ever', file: () => gzipSync(Buffer.alloc(MIB * 64)), ends: 'compressed' },
];

hostileSuite('parquet', clean, {
  'a file that is packed as a whole': packed,
  'a footer that lies': parquetFooters,
  'chunks that are not where they should be': parquetChunks,
  'pages that lie': parquetPages,
  'pages that unpack to something else': parquetPackings,
  'values that cannot be kept': parquetValues,
});
