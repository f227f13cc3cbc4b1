/** The door of tags: what each owner lets others select persons by. */
export { chargeTags, type TaggedPublication } from './charge-tags.ts';
export { readCollaborationTags } from './tag-catalogues.ts';
export { makeTagService } from './tag-service.ts';
