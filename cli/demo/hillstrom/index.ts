/** The door of the story on real data. */
export { hillstromStory } from './hillstrom-story.ts';
