import { InvalidArgumentError } from 'commander';
import { collaborations } from '../../proto/index.ts';

const abilities: Readonly<Record<string, collaborations.Ability>> = {
  contribute: collaborations.Ability.CONTRIBUTE,
  query: collaborations.Ability.QUERY,
  activate: collaborations.Ability.ACTIVATE,
  audit: collaborations.Ability.AUDIT,
  template: collaborations.Ability.TEMPLATE,
};

/** Parses abilities from their names, `query+activate`. */
export function parseAbilities(value: string): collaborations.Ability[] {
  return value.split('+').map((name) => {
    const ability = abilities[name];
    if (ability === undefined) {
      throw new InvalidArgumentError(
        `\`${name}\` is no ability; the abilities are ${Object.keys(abilities).join(', ')}`,
      );
    }
    return ability;
  });
}

/** Parses a member with its abilities, `chenxi=contribute+query`. */
export function parseMember(value: string): collaborations.Member {
  const [member = '', list] = value.split('=');
  if (member === '' || list === undefined) throw new InvalidArgumentError('it must read `member=ability+ability`');
  return { member, abilities: parseAbilities(list), acceptedAt: undefined };
}

/** Names abilities for people. */
export function nameAbilities(values: readonly collaborations.Ability[]): string {
  return values.map((value) => Object.keys(abilities).find((name) => abilities[name] === value) ?? '?').join(', ');
}
