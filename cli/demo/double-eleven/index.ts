/** The door of the story on made-up data. */
export { doubleElevenStory } from './double-eleven-story.ts';
