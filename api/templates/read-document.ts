import { readTemplate, repeatedField, type Template } from '../../policies/index.ts';
import { ServiceError } from '../grpc/index.ts';
import { digestOf } from '../kitchen/index.ts';

/** Largest document: a page of SQL with its parameters takes a tenth of it. */
const MAX_DOCUMENT_BYTES = 262_144;

/** A document read. */
export interface ReadDocument {
  /** SHA-256 of its bytes. */
  readonly digest: string;
  readonly template: Template;
}

/** Reads a document as it was signed. @throws {ServiceError} INVALID_REQUEST with every fault by its place */
export function readDocument(document: string): ReadDocument {
  if (Buffer.byteLength(document) > MAX_DOCUMENT_BYTES) {
    throw new ServiceError('INVALID_REQUEST', `\`document\` is longer than ${MAX_DOCUMENT_BYTES} bytes`);
  }
  const parsed = parseJson(document, 'document');
  // Of a field that stands twice the last one counts, and whoever approves the document may read the first.
  const repeated = repeatedField(document);
  if (repeated !== null) throw invalid('document', [{ path: '', message: `has the field \`${repeated}\` twice` }]);
  const read = readTemplate(parsed);
  if (!read.ok) throw invalid('document', read.faults);
  return { digest: digestOf(document), template: read.template };
}

/** Parses JSON of a request. @throws {ServiceError} INVALID_REQUEST */
export function parseJson(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('INVALID_REQUEST', `\`${field}\` is not JSON`);
  }
}

/** The refusal of a document or of values, with every fault by its place. */
export function invalid(
  field: string,
  faults: readonly { readonly path: string; readonly message: string }[],
): ServiceError {
  const fields = faults.map(({ path, message }) => ({ path: `${field}${path}`, message }));
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  return new ServiceError('INVALID_REQUEST', `\`${fields[0]?.path}\` ${fields[0]?.message}${more}`, { fields });
}
