/** The door of uploads: how a member's file comes in, from its first byte to its snapshot. */
export { makeUploadService, startUploads } from './upload-service.ts';
