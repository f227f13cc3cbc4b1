import { type TableView, type Tag, type TagSensitivity, tableName } from '../../policies/index.ts';
import { tags } from '../../proto/index.ts';

const SENSITIVITIES: Readonly<Record<TagSensitivity, tags.TagSensitivity>> = {
  ordinary: tags.TagSensitivity.ORDINARY,
  personal: tags.TagSensitivity.PERSONAL,
  sensitive: tags.TagSensitivity.SENSITIVE,
};

/** A tag for callers; its kind is that of its column as it is bound now, empty when it is bound no more. */
export function tagMessage(tag: Tag, views: readonly TableView[]): tags.Tag {
  const view = views.find((one) => tableName(one) === tag.table);
  return {
    owner: tag.owner,
    name: tag.name,
    meaning: tag.meaning,
    sensitivity: SENSITIVITIES[tag.sensitivity],
    table: tag.table,
    column: tag.column,
    dateColumn: tag.dateColumn ?? '',
    price: tag.price,
    values: [...tag.values],
    kind: view?.columns.find(({ name }) => name === tag.column)?.type.kind ?? '',
  };
}

/** A caller's tag as the document that the catalogue is read from. */
export function tagDocument({ owner: _, kind: __, sensitivity, ...tag }: tags.Tag): Readonly<Record<string, unknown>> {
  const [word] = Object.entries(SENSITIVITIES).find(([, one]) => one === sensitivity) ?? [];
  return { ...tag, sensitivity: word };
}
