/** The door of the details' chapter: what entries of the log have a digest of, each under a key that can be destroyed. */
export { eraseNaming, eraseTouching } from './erase-details.ts';
export {
  bindToSalt,
  type DetailPlace,
  keepDetail,
  keepSealed,
  sealDetail,
  sealSalt,
  type Touched,
} from './keep-detail.ts';
export { openDetail, openKept, recordErased, shownText } from './open-detail.ts';
