import { ServiceError } from '../grpc/index.ts';

/** Rows a page has when the caller names no size. */
const DEFAULT_PAGE_ROWS = 100;
/** Most rows of a page: an answer must stay under the largest message. */
const MAX_PAGE_ROWS = 1_000;

/** Which part of a list is asked for. */
export interface Page {
  readonly offset: number;
  readonly size: number;
  /** The token of the page after this one, when this one is full. */
  readonly next: (count: number) => string;
}

/** Reads the page fields of a list request. @throws {ServiceError} INVALID_REQUEST for a token that is not ours */
export function readPage(request: { pageSize: number; pageToken: string }): Page {
  const size = request.pageSize === 0 ? DEFAULT_PAGE_ROWS : Math.min(request.pageSize, MAX_PAGE_ROWS);
  const offset = request.pageToken === '' ? 0 : Number(request.pageToken);
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new ServiceError('INVALID_REQUEST', '`page_token` is not from an earlier answer');
  }
  return { offset, size, next: (count) => (count < size ? '' : String(offset + size)) };
}
