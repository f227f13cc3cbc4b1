// Run before each test file, also where a process runs many: what one file has loaded into the test engine is not there for
// the next. Without an import of ours, as files that ask no engine are to load none of it.
import { channel } from 'node:diagnostics_channel';
import { NEW_FILE } from './new-file-channel.ts';

channel(NEW_FILE).publish({});
