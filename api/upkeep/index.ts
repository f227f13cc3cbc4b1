/** The door of upkeep: what an operator does to a data directory beside the service. */
export { addKeyCommands } from './key-commands.ts';
