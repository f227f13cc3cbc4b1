/** The door of the authorization chapter: who may do what. */
export { type Authorizer, openAuthorizer } from './authorizer.ts';
export type {
  Ability,
  Action,
  AudienceAction,
  AuditGrantFacts,
  AuthorizationRequest,
  CollaborationAction,
  CollaborationFacts,
  DatasetAction,
  Decision,
  FunctionAction,
  GrantFacts,
  OwnedAction,
  QuestionAction,
  ServiceAction,
  UploadAction,
} from './request.ts';
