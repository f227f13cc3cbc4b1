import type { Principal } from '../auth/index.ts';

/** What a member may do in a collaboration, as the store and the rules write it; `template` stands in grants only. */
export type Ability = 'contribute' | 'query' | 'activate' | 'audit' | 'template';

/** A collaboration as a decision sees it. */
export type CollaborationFacts = {
  readonly collaborationId: string;
  readonly members: readonly {
    readonly member: string;
    readonly abilities: readonly Ability[];
    readonly hasAccepted: boolean;
  }[];
  /** False when absent. */
  readonly isSuspended?: boolean;
};

/** A grant as a decision sees it. Expired and revoked ones may be passed; the policy looks. */
export type GrantFacts = {
  readonly collaborationId: string;
  readonly grantor: string;
  readonly grantee: string;
  readonly abilities: readonly Ability[];
  /** `<member>.<alias>` each. */
  readonly tables: readonly string[];
  readonly expiresAtMs: number;
  readonly isRevoked: boolean;
};

/** A grant to an auditor as a decision sees it. Expired and revoked ones may be passed; the policy looks. */
export type AuditGrantFacts = {
  readonly collaborationId: string;
  readonly grantor: string;
  readonly auditorMember: string;
  /** Absent for any auditor of that member. */
  readonly auditorPrincipal?: string;
  readonly decisions: boolean;
  readonly expiresAtMs: number;
  readonly isRevoked: boolean;
};

/** Actions on the service as a whole. */
export type ServiceAction =
  | 'create-collaboration'
  | 'create-dataset'
  | 'list-datasets'
  | 'list-layouts'
  | 'opt-out'
  | 'read-opt-outs'
  | 'erase-persons'
  | 'erase-member'
  | 'read-erasure'
  | 'begin-upload'
  | 'list-uploads'
  | 'read-proof'
  | 'stream-leaves';

/** Actions on a collaboration that need nothing beyond it. */
export type CollaborationAction =
  | 'read-collaboration'
  | 'accept-invitation'
  | 'read-budget'
  | 'explain-question'
  | 'submit-question'
  | 'report-match'
  | 'estimate-match'
  | 'list-questions'
  | 'define-audience'
  | 'list-audiences'
  | 'propose-destination'
  | 'approve-destination'
  | 'withdraw-approval'
  | 'list-destinations'
  | 'train-model'
  | 'list-models'
  | 'submit-function'
  | 'list-functions'
  | 'publish-tags'
  | 'list-tags'
  | 'publish-template'
  | 'approve-template'
  | 'withdraw-template-approval'
  | 'read-template'
  | 'run-template'
  | 'explain-identity'
  | 'read-log'
  | 'read-decision'
  | 'list-audit-grants';

/** Actions on something in a collaboration that one member owns. */
export type OwnedAction =
  | 'bind-dataset'
  | 'set-rules'
  | 'set-identity-rules'
  | 'revoke-grant'
  | 'close-destination'
  | 'grant-audit'
  | 'revoke-audit-grant';

/** Actions on a dataset. */
export type DatasetAction = 'read-dataset' | 'upload-snapshot' | 'take-out' | 'erase-dataset';

/** Actions on a file on its way in. */
export type UploadAction = 'send-upload' | 'read-upload' | 'abandon-upload';

/** Actions on a question that was asked. */
export type QuestionAction = 'read-question' | 'cancel-question';

/** Actions on an audience that was defined. */
export type AudienceAction = 'read-audience' | 'estimate-audience' | 'activate-audience' | 'revoke-audience';

/** Actions on a model that was trained. */
export type ModelAction = 'read-model';

/** Actions on a scoring function that was submitted. */
export type FunctionAction = 'read-function' | 'retire-function';

/** Every action, one or more a method of the contract. */
export type Action =
  | ServiceAction
  | CollaborationAction
  | OwnedAction
  | 'create-grant'
  | DatasetAction
  | UploadAction
  | QuestionAction
  | AudienceAction
  | ModelAction
  | FunctionAction;

/** Who calls and when, for every request. */
type Call = { readonly principal: Principal; readonly nowMs: number };

/**
 * For an ISV: the grants that might cover the call, and the tables it touches.
 *
 * With no tables nothing is said about tables: when they become known (after parsing) the decision must be made again.
 */
type Grants = { readonly grants?: readonly GrantFacts[]; readonly tables?: readonly string[] };

/** One decision to make, with every fact it may use. */
export type AuthorizationRequest = Call &
  (
    | { readonly action: ServiceAction }
    | ({
        readonly action: CollaborationAction;
        readonly collaboration: CollaborationFacts;
        /** The member acted for, when the caller names one; of a decision, the member it was made for. */
        readonly actingFor?: string;
        /** For an auditor: the one grant that this is tried with. */
        readonly auditGrant?: AuditGrantFacts;
        /** Whether what is asked is a template that the member acted for has approved; false when absent. */
        readonly isByTemplate?: boolean;
      } & Grants)
    | {
        readonly action: OwnedAction;
        readonly collaboration: CollaborationFacts;
        /** The member whose dataset, binding or grant is meant. */
        readonly owner: string;
      }
    | {
        readonly action: 'create-grant';
        readonly collaboration: CollaborationFacts;
        readonly granted: readonly Ability[];
      }
    | {
        readonly action: DatasetAction;
        readonly dataset: { readonly datasetId: string; readonly owner: string; readonly isSuspended?: boolean };
      }
    | {
        readonly action: UploadAction;
        readonly upload: { readonly uploadId: string; readonly member: string };
      }
    | ({
        readonly action: QuestionAction;
        readonly collaboration: CollaborationFacts;
        readonly question: {
          readonly asker: string;
          readonly actingFor: string;
          readonly isByTemplate?: boolean;
        };
      } & Grants)
    | ({
        readonly action: AudienceAction;
        readonly collaboration: CollaborationFacts;
        readonly audience: {
          readonly audienceId: string;
          readonly definer: string;
          readonly owner: string;
          readonly isByTemplate?: boolean;
        };
      } & Grants)
    | ({
        readonly action: ModelAction;
        readonly collaboration: CollaborationFacts;
        readonly model: { readonly modelId: string; readonly definer: string; readonly owner: string };
      } & Grants)
    | ({
        readonly action: FunctionAction;
        readonly collaboration: CollaborationFacts;
        readonly scoringFunction: {
          readonly functionId: string;
          readonly submitter: string;
          readonly submittedFor: string;
        };
      } & Grants)
  );

/** The answer. After a refusal `isVisible` says whether the caller may learn that the thing exists at all. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly isVisible: boolean };
