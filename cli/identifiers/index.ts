export { findDelimiter, readStart } from './csv-start.ts';
export { hashFile } from './hash-file.ts';
export {
  type HashCounts,
  type IdentifierColumn,
  identifierColumnSyntax,
  readIdentifierColumn,
} from './identifier-columns.ts';
