// A fast way to the telephone numbers that nearly all tables hold. The library makes each of its patterns anew for each
// number, which is half of the time of an upload; here they are made once. It says only what the library would say too:
// whatever is out of the ordinary, and whatever is not valid, is left to the library. A test holds the two together.
import { type CountryCode, Metadata } from 'libphonenumber-js/max';

/** What of the library's lists is used; its own types leave most of it out. */
interface Plans {
  selectNumberingPlan(countryOrCallingCode: string): Plans;
  hasCallingCode(callingCode: string): boolean;
  getCountryCodesForCallingCode(callingCode: string): CountryCode[] | undefined;
  IDDPrefix(): string | undefined;
  nationalNumberPattern(): string;
  nationalPrefixForParsing(): string | undefined;
  leadingDigits(): string | undefined;
  hasTypes(): boolean;
  type(name: string): { pattern(): string; possibleLengths(): readonly number[] | undefined } | undefined;
  numberingPlan: { callingCode(): string };
}

/** How the numbers of one country, or of the first of those that share a calling code, are made. */
interface Plan {
  readonly callingCode: string;
  /** What is dialled before the country to leave this one. */
  readonly leaving: RegExp | null;
  /** What is dialled before a number inside of the country. */
  readonly prefix: RegExp | null;
  /** The same where it is nothing but digits. */
  readonly prefixDigits: string | null;
  readonly general: RegExp;
  readonly leadingDigits: RegExp | null;
  /** Patterns by what a number is for; null for a country whose general pattern says all. */
  readonly types: readonly { readonly pattern: RegExp; readonly lengths: readonly number[] | undefined }[] | null;
}

const TYPES = [
  'FIXED_LINE',
  'MOBILE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'VOIP',
  'PERSONAL_NUMBER',
  'PAGER',
  'UAN',
  'VOICEMAIL',
];

const WRITTEN = /^\+?[\d ().-]+$/;
const SIGNS = /[ ().-]+/g;
const DIGITS_ONLY = /^\d+$/;
const MAX_CALLING_CODE_DIGITS = 3;
// E.164: fifteen digits in all; shorter ones than these are left to the library.
const NATIONAL_NUMBER = /^[1-9]\d{4,13}$/;

const plans = new Map<string, Plan>();
const lists = new Metadata() as unknown as Plans;

/**
 * Gives the E.164 form of a telephone number that is written as usual and valid; null where the library has to say.
 *
 * @param region a country that the library knows, or nothing
 */
export function usualNumber(text: string, region: string | undefined): string | null {
  if (!WRITTEN.test(text)) return null;
  const digits = text.replace(SIGNS, '');
  if (digits.startsWith('+')) return internationalNumber(digits.slice(1));
  if (region === undefined) return null;
  const plan = planOf(region);
  return plan.leaving?.test(digits) ? null : numberUnder(plan, digits);
}

function internationalNumber(digits: string): string | null {
  for (let length = 1; length <= MAX_CALLING_CODE_DIGITS; length += 1) {
    const callingCode = digits.slice(0, length);
    if (!lists.hasCallingCode(callingCode)) continue;
    return numberUnder(planOf(callingCode), digits.slice(length));
  }
  return null;
}

function numberUnder(plan: Plan, written: string): string | null {
  const national = withoutPrefix(plan, written);
  if (national === null || !NATIONAL_NUMBER.test(national) || !isValid(plan, national)) return null;
  return `+${plan.callingCode}${national}`;
}

// A prefix that carries more than itself, and one that might be part of the number, are for the library.
function withoutPrefix(plan: Plan, written: string): string | null {
  if (plan.prefix === null || !plan.prefix.test(written)) return written;
  if (plan.prefixDigits === null) return null;
  const national = written.slice(plan.prefixDigits.length);
  return plan.general.test(national) && !plan.general.test(written) ? national : null;
}

// Countries that share a calling code are asked in the library's order.
function isValid(plan: Plan, national: string): boolean {
  const countries = lists.getCountryCodesForCallingCode(plan.callingCode);
  if (countries === undefined || !plan.general.test(national)) return false;
  const [only] = countries;
  if (countries.length === 1) return isOfPlan(planOf(only as string), national);
  for (const country of countries) {
    const candidate = planOf(country);
    if (candidate.leadingDigits?.test(national)) return isOfPlan(candidate, national);
    if (candidate.leadingDigits === null && candidate.types !== null && isOfPlan(candidate, national)) return true;
  }
  return false;
}

function isOfPlan({ general, types }: Plan, national: string): boolean {
  if (!general.test(national)) return false;
  if (types === null) return true;
  return types.some(({ pattern, lengths }) => (lengths?.includes(national.length) ?? true) && pattern.test(national));
}

function planOf(countryOrCallingCode: string): Plan {
  const known = plans.get(countryOrCallingCode);
  if (known !== undefined) return known;
  const plan = readPlan(lists.selectNumberingPlan(countryOrCallingCode));
  plans.set(countryOrCallingCode, plan);
  return plan;
}

function readPlan(list: Plans): Plan {
  const leaving = list.IDDPrefix();
  const prefix = list.nationalPrefixForParsing();
  const leadingDigits = list.leadingDigits();
  return {
    callingCode: list.numberingPlan.callingCode(),
    leaving: leaving === undefined ? null : new RegExp(`^(?:${leaving})`),
    prefix: prefix ? new RegExp(`^(?:${prefix})`) : null,
    prefixDigits: prefix && DIGITS_ONLY.test(prefix) ? prefix : null,
    general: entirely(list.nationalNumberPattern()),
    leadingDigits: leadingDigits ? new RegExp(`^(?:${leadingDigits})`) : null,
    types: list.hasTypes() ? TYPES.flatMap((name) => readType(list, name)) : null,
  };
}

function readType(list: Plans, name: string): { pattern: RegExp; lengths: readonly number[] | undefined }[] {
  const type = list.type(name);
  return type?.pattern() ? [{ pattern: entirely(type.pattern()), lengths: type.possibleLengths() }] : [];
}

function entirely(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}
