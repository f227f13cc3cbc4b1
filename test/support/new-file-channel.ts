/** Told whenever the process begins another test file. */
export const NEW_FILE = 'galley.test-file';
