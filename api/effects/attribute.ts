import { type AttributionModel, attributionSql, noisyInterval } from '../../policies/index.ts';
import { effects } from '../../proto/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { askEffect, type EffectTools, estimateMessage, keyText, noisyNumber } from './ask-effect.ts';
import { amountNamed, columnNamed, effectTable, groupNamed, readEffectTables } from './effect-tables.ts';

/** Ten years, as of cohorts. */
const MAX_WITHIN_DAYS = 3_660;

/** Gives each person's first conversion to the channels that touched it before. */
export async function attribute(
  tools: EffectTools,
  call: Call,
  request: effects.AttributeRequest,
): Promise<effects.AttributeResponse> {
  const { ask, views } = await readEffectTables(tools.kitchen, call, request.ask);
  if (request.withinDays > MAX_WITHIN_DAYS) {
    throw new ServiceError('INVALID_REQUEST', `\`within_days\` must be at most ${MAX_WITHIN_DAYS}`);
  }
  const touches = effectTable(views, request.touches, 'touches');
  const sql = attributionSql({
    touches,
    channelColumn: groupNamed(touches, request.channelColumn, 'channel_column'),
    touchTimeColumn: columnNamed(request.touchTimeColumn, 'touch_time_column'),
    conversions: effectTable(views, request.conversions, 'conversions'),
    conversionTimeColumn: columnNamed(request.conversionTimeColumn, 'conversion_time_column'),
    valueColumn: request.valueColumn === '' ? null : request.valueColumn,
    model: modelNamed(request.model),
    withinDays: request.withinDays,
    cap: amountNamed(request.valueCap, 'value_cap'),
  });
  const { rows, source } = await askEffect(tools, call, ask, sql);
  const credits = rows.map((row) => ({
    channel: keyText(row, 'channel'),
    credit: estimateMessage(noisyInterval(noisyNumber(row, 'credit'))),
  }));
  return { credits, source };
}

function modelNamed(model: effects.AttributionModel): AttributionModel {
  switch (model) {
    case effects.AttributionModel.LAST_TOUCH:
      return 'last';
    case effects.AttributionModel.FIRST_TOUCH:
      return 'first';
    case effects.AttributionModel.LINEAR:
      return 'linear';
    default:
      throw new ServiceError('INVALID_REQUEST', '`model` is missing; it is last touch, first touch or linear');
  }
}
