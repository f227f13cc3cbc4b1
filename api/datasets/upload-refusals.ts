import type { InputRefusal } from '../../sandbox/index.ts';

/** What the sender of a refused file reads: what is wrong with it, and the way out. */
export const UPLOAD_REFUSALS: Readonly<Record<InputRefusal, string>> = {
  'not-this-format': 'the file is not of the format that the header names; name the right one, or convert the file',
  unreadable: 'the file is damaged or contradicts itself; write it again and compare the two before you send it',
  'not-supported':
    'the file uses a part of its format that is not read here; write it flat, unencrypted and in the usual encodings',
  compressed:
    'the file is compressed as a whole; send Parquet and Arrow files as they are, they compress their own parts',
  'header-mismatch': 'the file lacks columns of the dataset, or has one twice',
  'no-header':
    'the first line of the file holds identifiers where the names of columns belong; write a line of names above it',
  'too-many-rejects': 'more rows were refused than the upload tolerates; correct them, or tolerate more',
  'row-too-long': 'a row is longer than any row may be; look for a quote that is never closed, or leave a column out',
  'part-too-large':
    'a row group, page, record batch or the description of the columns is too large; write parts of at most 1,000,000 rows',
  'too-large': 'the file, unpacked, is larger than any file may be or than its size can explain; split it',
  'needs-too-much':
    'the file took more memory or time to read than one upload may have; split it, or write smaller row groups',
  truncated: 'the file ends too early; write it again to its end',
  encoding: 'the file is not UTF-8; convert it',
  empty: 'the file holds no rows',
};
