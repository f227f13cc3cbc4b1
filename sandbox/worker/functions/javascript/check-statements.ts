import { isSameType, nameOf, type TypeChecking } from './expression-types.ts';
import type { AssignStatement, Expression, FunctionDeclaration, Statement, ValueType } from './program.ts';

/** Checks everything in a function, and notes what it returns. */
export function checkBody(checking: TypeChecking, declaration: FunctionDeclaration, isScore: boolean): void {
  const wanted = checking.returns.kind === 'label' ? 'string' : 'number';
  const checkReturn = (value: Expression): void => {
    if (isScore) {
      checkResult(checking, value, wanted);
      return;
    }
    const type = checking.typeOf(value);
    if (typeof type === 'object') checking.refuse(value.at, 'array as a result');
    declaration.returns = isSameType(declaration.returns ?? 'unknown', type)
      ? type
      : checking.refuse(value.at, `${declaration.name} with another type of result`);
  };
  checkAll(checking, declaration.body, checkReturn);
  if (!endsInReturn(declaration.body)) checking.refuse(declaration.at, `${declaration.name} can end without a return`);
  declaration.returns ??= isScore ? wanted : 'unknown';
}

// Only here is null a value: it is the score of whom the function says nothing about.
function checkResult(checking: TypeChecking, value: Expression, wanted: ValueType): void {
  if (value.kind === 'null') return;
  if (value.kind === 'conditional') {
    checking.expectAll([value.test], 'boolean', 'condition that is not true or false');
    checkResult(checking, value.yes, wanted);
    checkResult(checking, value.no, wanted);
    return;
  }
  const { returns } = checking;
  if (value.kind === 'string' && returns.kind === 'label' && !returns.labels.includes(value.value)) {
    checking.refuse(value.at, `label ${value.value}`, 'signature-does-not-match');
  }
  const type = checking.typeOf(value);
  if (!isSameType(type, wanted)) {
    checking.refuse(value.at, `${nameOf(type)} where the result is a ${nameOf(wanted)}`, 'signature-does-not-match');
  }
}

type ReturnCheck = (value: Expression) => void;

function checkAll(checking: TypeChecking, body: readonly Statement[], checkReturn: ReturnCheck): void {
  for (const statement of body) checkStatement(checking, statement, checkReturn);
}

function checkStatement(checking: TypeChecking, statement: Statement, checkReturn: ReturnCheck): void {
  switch (statement.kind) {
    case 'declare':
      checkDeclaration(checking, statement);
      break;
    case 'assign':
      checkAssignment(checking, statement);
      break;
    case 'if':
      checking.expectAll([statement.test], 'boolean', 'condition that is not true or false');
      checkAll(checking, statement.yes, checkReturn);
      checkAll(checking, statement.no, checkReturn);
      break;
    case 'loop':
      checkAll(checking, statement.start, checkReturn);
      if (statement.test !== null) {
        checking.expectAll([statement.test], 'boolean', 'condition that is not true or false');
      }
      checkAll(checking, statement.next, checkReturn);
      checkAll(checking, statement.body, checkReturn);
      break;
    case 'each': {
      const type = checking.typeOf(statement.list);
      statement.variable.type = typeof type === 'object' ? type.element : 'unknown';
      if (typeof type !== 'object' && type !== 'unknown') checking.refuse(statement.list.at, `for of over a ${type}`);
      checkAll(checking, statement.body, checkReturn);
      break;
    }
    case 'block':
      checkAll(checking, statement.body, checkReturn);
      break;
    case 'return':
      checkReturn(statement.value);
      break;
    case 'break':
    case 'continue':
      break;
  }
}

function checkDeclaration(checking: TypeChecking, { variable, value }: Statement & { kind: 'declare' }): void {
  variable.type = checking.typeOf(value);
  // An array whose elements can be set holds plain values: rows of tables in it would be a way to set a table.
  const isNested = typeof variable.type === 'object' && typeof variable.type.element === 'object';
  if (variable.isOwnArray && isNested) checking.refuse(value.at, 'array of arrays inside a function');
}

function checkAssignment(checking: TypeChecking, statement: AssignStatement & { at: number }): void {
  const { variable, index, operator, value } = statement;
  let target = variable.type ?? 'unknown';
  if (index !== null) {
    checking.expectAll([index], 'number', 'index that is not a number');
    if (typeof target === 'object') target = target.element;
  }
  // An array under two names, one of which may set its elements, would no longer be what the other was told it is.
  if (typeof target === 'object') {
    checking.refuse(statement.at, 'assignment of an array');
    return;
  }
  if (operator === null) {
    const type = checking.typeOf(value);
    checking.expect(target, type, value.at, `${nameOf(type)} where ${variable.name} is a ${nameOf(target)}`);
    return;
  }
  statement.isText = checking.typeOfUpdate(target, operator, value).isText;
}

// A way through a function that returns nothing would give what no type names.
function endsInReturn(body: readonly Statement[]): boolean {
  return body.some((statement) => {
    switch (statement.kind) {
      case 'return':
        return true;
      case 'block':
        return endsInReturn(statement.body);
      case 'if':
        return endsInReturn(statement.yes) && endsInReturn(statement.no);
      default:
        return false;
    }
  });
}
