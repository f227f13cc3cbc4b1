import { Command } from 'commander';
import { addAskCommand } from './ask-command.ts';
import { addAudienceCommands } from './audience-commands.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addCollaborationCommands } from './collaboration-commands.ts';
import { addGlobalOptions } from './command-context.ts';
import { exitCodes } from './command-failure.ts';
import { addDatasetCommands } from './dataset-commands.ts';
import { addDestinationCommands } from './destination-commands.ts';
import { addEffectCommands } from './effect-commands.ts';
import { addMemberErasure } from './erasure-commands.ts';
import { addFunctionCommands } from './function-commands.ts';
import { addIdentifierCommands } from './identifier-commands.ts';
import { addIdentityCommands } from './identity-commands.ts';
import { addLayoutCommands } from './layout-commands.ts';
import { addMatchCommands } from './match-commands.ts';
import { addModelCommands } from './model-commands.ts';
import { addPersonCommands } from './person-commands.ts';
import { addQueryCommands, addReceiptCommands } from './receipt-commands.ts';
import { addRemainingCommand } from './remaining-command.ts';
import { addServerCommands } from './server-commands.ts';
import { addTagCommands } from './tag-commands.ts';
import { addTemplateCommands } from './template-commands.ts';
import { addUploadCommands } from './upload-commands.ts';
import { addWitnessCommand } from './witness-command.ts';

/** Builds the program `galley` with all its commands. */
export function buildProgram(): Command {
  const program = new Command('galley')
    .description(
      'a data clean room: ask over joined data, and nothing leaves but protected aggregates and published audiences',
    )
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for how it is used)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage));
  addGlobalOptions(program);
  addServerCommands(program);
  addCollaborationCommands(program);
  addDatasetCommands(program);
  addLayoutCommands(program);
  addPersonCommands(program);
  addMemberErasure(program);
  addIdentityCommands(program);
  addIdentifierCommands(program);
  addUploadCommands(program);
  addFunctionCommands(program);
  addAskCommand(program);
  addRemainingCommand(program);
  addMatchCommands(program);
  addTagCommands(program);
  addModelCommands(program);
  addAudienceCommands(program);
  addDestinationCommands(program);
  addEffectCommands(program);
  addTemplateCommands(program);
  addAuditCommands(program);
  addQueryCommands(program);
  addReceiptCommands(program);
  addWitnessCommand(program);
  return program;
}
