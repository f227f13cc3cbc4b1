import ts from 'typescript';
import type { RepositoryFile } from './repository.ts';

/** A rule of the catalogue as its source says it: its name and each text its message can be. */
export interface CataloguedRule {
  readonly rule: string;
  /** Literal parts in order; `undefined` stands for a value put in at run time. */
  readonly messages: readonly (readonly (string | undefined)[])[];
}

/** The names a file exports without a doc comment; re-exports and later overloads are not counted. */
export function undocumentedExports(file: RepositoryFile): string[] {
  const source = parse(file);
  const documented = new Set<string>();
  const names = new Map<string, boolean>();
  const exportedLater = new Set(source.statements.flatMap(localExportNames));
  for (const statement of source.statements) {
    const hasDoc = ts.getJSDocCommentsAndTags(statement).length > 0;
    for (const name of declaredNames(statement)) {
      if (isExported(statement) || exportedLater.has(name)) names.set(name, true);
      if (hasDoc) documented.add(name);
    }
  }
  return [...names.keys()].filter((name) => !documented.has(name));
}

/** The names of the constants a file declares, at any depth. */
export function constantNames(file: RepositoryFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) names.push(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return names;
}

/** The rules of `violationCatalogue` in a file, with the texts of their `message`. */
export function cataloguedRules(file: RepositoryFile): CataloguedRule[] {
  const rules: CataloguedRule[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'violationCatalogue') {
      const literal = node.initializer && unwrap(node.initializer);
      if (literal && ts.isObjectLiteralExpression(literal)) rules.push(...literal.properties.flatMap(readRule));
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return rules;
}

function parse({ path, text }: RepositoryFile): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
}

function localExportNames(statement: ts.Statement): string[] {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) return [];
  const clause = statement.exportClause;
  if (clause === undefined || !ts.isNamedExports(clause)) return [];
  return clause.elements.map((element) => (element.propertyName ?? element.name).text);
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return isNamed ? [statement.name?.text ?? 'default'] : [];
}

function unwrap(expression: ts.Expression): ts.Expression {
  const isWrapped =
    ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression) || ts.isParenthesizedExpression(expression);
  if (isWrapped) return unwrap(expression.expression);
  const argument = ts.isCallExpression(expression) ? expression.arguments[0] : undefined; // Object.freeze({…})
  return argument === undefined ? expression : unwrap(argument);
}

function readRule(property: ts.ObjectLiteralElementLike): CataloguedRule[] {
  if (!ts.isPropertyAssignment(property)) return [];
  const rule = ts.isStringLiteral(property.name) ? property.name.text : property.name.getText();
  const entry = unwrap(property.initializer);
  const message = ts.isObjectLiteralExpression(entry)
    ? entry.properties.find((inner) => inner.name?.getText() === 'message')
    : undefined;
  return [{ rule, messages: message === undefined ? [] : outermostTexts(message) }];
}

// The texts a message can be, but not the texts put into them: those are parts of a sentence.
function outermostTexts(node: ts.Node): (string | undefined)[][] {
  if (ts.isTypeNode(node)) return [];
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [[node.text]];
  if (ts.isTemplateExpression(node)) {
    return [[node.head.text, ...node.templateSpans.flatMap((span) => [undefined, span.literal.text])]];
  }
  if (ts.isConditionalExpression(node)) return [...outermostTexts(node.whenTrue), ...outermostTexts(node.whenFalse)];
  const texts: (string | undefined)[][] = [];
  ts.forEachChild(node, (child) => {
    if (!ts.isParameter(child) && !ts.isIdentifier(child)) texts.push(...outermostTexts(child));
  });
  return texts;
}
