/** The door of matching at the client: lists that stay on this machine. */
export { type ListColumn, listColumnSyntax, readList, readListColumn } from './read-list.ts';
