/** What looks through a log's folder, for the command that does so; loaded only there. */
export { type CheckedFolder, checkFolder } from '../../audit/index.ts';
