/** What an order has where a test cares. */
export interface OrderFields {
  readonly tier?: string;
  readonly shop?: string;
  readonly amount?: number;
}

/** An order of a person as a row of literals for the table of orders; shops are seven where a test does not care. */
export function order(person: number, city: string, fields: OrderFields = {}): readonly string[] {
  const { tier = 'gold', shop = `shop-${person % 7}`, amount = 100 } = fields;
  return [String(person), `'${city}'`, `'${tier}'`, `'${shop}'`, String(amount)];
}

/** One order of each of so many persons, numbered on from one. */
export function orders(from: number, count: number, city: string, fields: OrderFields = {}) {
  return Array.from({ length: count }, (_, i) => order(from + i, city, fields));
}
