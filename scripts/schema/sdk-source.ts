import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** A documented field of the SDK: a property of an interface, of a type, or of a class. */
export interface Field {
  readonly description: string;
  readonly isOptional: boolean;
  /** The type as the source has it, without `pulumi.Input`, `pulumi.Output` and `undefined`. */
  readonly type: ts.TypeNode;
}

export type Fields = ReadonlyMap<string, Field>;

type Declaration =
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration
  | ts.ClassDeclaration
  | ts.FunctionDeclaration
  | ts.VariableStatement;

/** The SDK's sources, read for their names, types and doc comments. */
export class SdkSource {
  readonly #declarations = new Map<string, Declaration>();

  constructor(folder: string) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
      const text = readFileSync(path.join(folder, file), "utf8");
      for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements) {
        const name = nameOf(statement);
        if (name !== undefined) {
          this.#declarations.set(name, statement as Declaration);
        }
      }
    }
  }

  /** What the doc comment of a declaration says. */
  description(name: string): string {
    return descriptionOf(this.#declaration(name));
  }

  /** The fields of an interface, a type, a class (those that it declares as outputs) or an object. */
  fieldsOf(name: string): Fields {
    const declaration = this.#declaration(name);
    if (ts.isTypeAliasDeclaration(declaration)) {
      return this.fieldsOfType(declaration.type);
    }
    if (ts.isInterfaceDeclaration(declaration)) {
      return members(declaration.members);
    }
    if (ts.isClassDeclaration(declaration)) {
      const outputs = declaration.members.filter(
        (member) =>
          ts.isPropertyDeclaration(member) &&
          member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword),
      );
      return members(outputs);
    }
    throw new Error(`sdk: ${name} has no fields`);
  }

  /** The fields of a type. Those of a union's alternatives, and of an intersection's parts, are put together. */
  fieldsOfType(type: ts.TypeNode): Fields {
    if (ts.isParenthesizedTypeNode(type)) {
      return this.fieldsOfType(type.type);
    }
    if (ts.isTypeLiteralNode(type)) {
      return members(type.members);
    }
    if (ts.isTypeReferenceNode(type)) {
      return this.fieldsOf(type.typeName.getText());
    }
    if (ts.isIntersectionTypeNode(type)) {
      return new Map(type.types.flatMap((part) => [...this.fieldsOfType(part)]));
    }
    if (ts.isUnionTypeNode(type)) {
      return alternatives(type.types.map((part) => this.fieldsOfType(part)));
    }
    throw new Error(`sdk: ${type.getText()} has no fields`);
  }

  /** The doc comments of the members of an object, such as `config`. */
  descriptionsIn(name: string): ReadonlyMap<string, string> {
    const declaration = this.#declaration(name);
    const value = ts.isVariableStatement(declaration)
      ? declaration.declarationList.declarations[0]?.initializer
      : undefined;
    if (value === undefined || !ts.isObjectLiteralExpression(value)) {
      throw new Error(`sdk: ${name} is not an object`);
    }
    return new Map(value.properties.map((member) => [member.name?.getText() ?? "", descriptionOf(member)]));
  }

  #declaration(name: string): Declaration {
    const declaration = this.#declarations.get(name);
    if (declaration === undefined) {
      throw new Error(`sdk: nothing is named ${name}`);
    }
    return declaration;
  }
}

/** The name of a declared type, as `AccessArgs`; undefined for a type without one. */
export function typeName(type: ts.TypeNode): string | undefined {
  return ts.isTypeReferenceNode(type) ? type.typeName.getText() : undefined;
}

function nameOf(statement: ts.Statement): string | undefined {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations[0]?.name.getText();
  }
  return ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement)
    ? statement.name?.getText()
    : undefined;
}

function members(nodes: readonly (ts.TypeElement | ts.ClassElement)[]): Fields {
  const fields = new Map<string, Field>();
  for (const node of nodes) {
    if (!(ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) || node.type === undefined) {
      continue;
    }
    const { type, mayBeUndefined } = plain(node.type);
    if (type.kind !== ts.SyntaxKind.NeverKeyword) {
      const isOptional = node.questionToken !== undefined || mayBeUndefined;
      fields.set(node.name.getText(), { description: descriptionOf(node), isOptional, type });
    }
  }
  return fields;
}

/** A field that one of the alternatives does not have, or does not need, is optional. */
function alternatives(all: readonly Fields[]): Fields {
  const merged = new Map<string, Field>();
  for (const [name, field] of all.flatMap((fields) => [...fields])) {
    const isOptional = all.some((fields) => fields.get(name)?.isOptional !== false);
    merged.set(name, { ...(merged.get(name) ?? field), isOptional });
  }
  return merged;
}

/** Takes a type out of `pulumi.Input`, `pulumi.Output` and `undefined`. Of several alternatives the first stays. */
function plain(type: ts.TypeNode): { type: ts.TypeNode; mayBeUndefined: boolean } {
  if (ts.isTypeReferenceNode(type) && /^pulumi\.(Input|Output)$/.test(type.typeName.getText())) {
    const [inner] = type.typeArguments ?? [];
    return inner === undefined ? { type, mayBeUndefined: false } : plain(inner);
  }
  if (ts.isUnionTypeNode(type)) {
    const others = type.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
    const [only] = others;
    const isLiterals = others.every((each) => ts.isLiteralTypeNode(each));
    return {
      type: only !== undefined && !isLiterals ? plain(only).type : type,
      mayBeUndefined: others.length < type.types.length,
    };
  }
  return { type, mayBeUndefined: false };
}

/** The doc comment of a node in Markdown: no TypeScript examples, links as plain names, a line for each paragraph. */
function descriptionOf(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  const text = ts.getTextOfJSDocComment(comment) ?? "";
  return text
    .replace(/```ts\n.*?```/gs, "")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim().replace(/\n(?!- )\s*/g, " "))
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}

/** The elements of a list, or the values of a map; the description stays. */
export function within(field: Field): Field {
  const { type } = field;
  const inner = ts.isArrayTypeNode(type)
    ? type.elementType
    : ts.isTypeReferenceNode(type)
      ? type.typeArguments?.at(-1)
      : undefined;
  return inner === undefined ? field : { ...field, type: plain(inner).type };
}
