/** The door of the commands: the program itself, and what the demo shows and reads in the same words. */
export { renderExplanation } from './explanation-text.ts';
export { parseColumn } from './parse-column.ts';
export { parseParameter, parseResult } from './parse-signature.ts';
export { buildProgram } from './program.ts';
export { reportFailure } from './report-failure.ts';
