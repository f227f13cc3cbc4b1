import { quoteName, quoteText } from '../print/print-expression.ts';
import type { Filled, Filling } from './read-values.ts';
import type { Template } from './template.ts';

/**
 * The SQL of a template with its blanks filled in.
 *
 * Each value is one literal and each name one quoted name, whatever is in them, so that the SQL has the shape that was
 * approved. A negative number stands in parentheses: behind a minus sign it would begin a comment.
 */
export function fillTemplate({ body }: Template, filling: Filling): string {
  return body.texts.reduce((sql, text, index) => {
    const filled = filling.get(body.names[index - 1] ?? '');
    // INVARIANT: readTemplate has seen that every blank is a parameter, and readValues that each has a value.
    return sql + (filled === undefined ? '' : written(filled)) + text;
  });
}

function written(filled: Filled): string {
  switch (filled.kind) {
    case 'integer':
      return inParentheses(String(filled.value));
    case 'number':
      return inParentheses(filled.text);
    case 'text':
      return quoteText(filled.value);
    case 'date':
      return `date ${quoteText(filled.value)}`;
    case 'boolean':
      return String(filled.value);
    case 'list':
      return `(${filled.items.map(written).join(', ')})`;
    case 'table':
      return `${quoteName(filled.member)}.${quoteName(filled.alias)}`;
    case 'column':
      return quoteName(filled.name);
  }
}

function inParentheses(number: string): string {
  return number.startsWith('-') ? `(${number})` : number;
}
