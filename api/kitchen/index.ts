/** The door of the kitchen: what every flow works with. */

export { digestOf, newId } from './digest.ts';
export { readDisplayName } from './display-name.ts';
export { type Kitchen, record, recordPlaced } from './kitchen.ts';
export { noteStart } from './note-start.ts';
export { once, type Remember } from './once.ts';
export { type Cellar, logKeyFiles, openCellar } from './open-cellar.ts';
export { type OpenKitchen, openKitchen } from './open-kitchen.ts';
export { type Page, readPage } from './page.ts';
export { staged } from './stages.ts';
export { takeSeat } from './take-seat.ts';
export { beginCallWork, beginWork, type Work } from './work.ts';
