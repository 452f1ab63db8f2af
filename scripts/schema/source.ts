import { readFileSync } from "node:fs";
import ts from "typescript";

/** A documented field: a property of an interface, of a type, or of a class. */
export interface Field {
  readonly description: string;
  readonly isOptional: boolean;
  /** The type as the source has it, without `pulumi.Input`, `pulumi.Output` and `undefined`. */
  readonly type: ts.TypeNode;
}

type Fields = ReadonlyMap<string, Field>;

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration | ts.ClassDeclaration | ts.FunctionDeclaration;

/** Sources of this project, read for their names, types and doc comments. The code does not run. */
export class Source {
  readonly #declarations = new Map<string, Declaration>();

  constructor(files: readonly string[]) {
    for (const file of files) {
      const { statements } = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
      for (const statement of statements.filter(isDeclaration)) {
        if (statement.name !== undefined) {
          this.#declarations.set(statement.name.text, statement);
        }
      }
    }
  }

  /** What the doc comment of a declaration says. */
  description(name: string): string {
    return documented(descriptionOf(this.#declaration(name)), name);
  }

  /** The fields of an interface, of a type, or of a class: those that it declares as outputs. */
  fieldsOf(name: string): Fields {
    const declaration = this.#declaration(name);
    if (ts.isTypeAliasDeclaration(declaration)) {
      return this.fieldsOfType(declaration.type);
    }
    if (ts.isInterfaceDeclaration(declaration)) {
      return members(declaration.members);
    }
    if (ts.isClassDeclaration(declaration)) {
      return members(
        declaration.members.filter(
          (member) =>
            ts.isPropertyDeclaration(member) &&
            member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword),
        ),
      );
    }
    throw new Error(`${name} has no fields`);
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
    throw new Error(`${type.getText()} has no fields`);
  }

  #declaration(name: string): Declaration {
    const declaration = this.#declarations.get(name);
    if (declaration === undefined) {
      throw new Error(`no type, class or function is named ${name}`);
    }
    return declaration;
  }
}

/** The name of a declared type, such as `AccessArgs`; undefined for a type without one. */
export function typeName(type: ts.TypeNode): string | undefined {
  return ts.isTypeReferenceNode(type) ? type.typeName.getText() : undefined;
}

export function isText({ type }: Field): boolean {
  return type.kind === ts.SyntaxKind.StringKeyword;
}

/** The elements of a list, or the values of a map; the description stays. */
export function within(field: Field): Field {
  const { type } = field;
  if (ts.isArrayTypeNode(type)) {
    return { ...field, type: plain(type.elementType).type };
  }
  const values = ts.isTypeReferenceNode(type) ? type.typeArguments?.at(-1) : undefined;
  return values === undefined ? field : { ...field, type: plain(values).type };
}

/** Returns the description. Throws when there is none. */
export function documented(description: string, what: string): string {
  if (description === "") {
    throw new Error(`${what} has no doc comment`);
  }
  return description;
}

function isDeclaration(statement: ts.Statement): statement is Declaration {
  return (
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isFunctionDeclaration(statement)
  );
}

function members(nodes: readonly (ts.TypeElement | ts.ClassElement)[]): Fields {
  const fields = new Map<string, Field>();
  for (const node of nodes) {
    if ((ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) && node.type !== undefined) {
      const { type, mayBeUndefined } = plain(node.type);
      // A field of type never belongs to another alternative of a union.
      if (type.kind !== ts.SyntaxKind.NeverKeyword) {
        const isOptional = node.questionToken !== undefined || mayBeUndefined;
        fields.set(node.name.getText(), { description: descriptionOf(node), isOptional, type });
      }
    }
  }
  return fields;
}

/** The fields of all alternatives. A field that one of them does not have, or does not need, is optional. */
function alternatives(all: readonly Fields[]): Fields {
  const merged = new Map<string, Field>();
  for (const [name, field] of all.flatMap((fields) => [...fields])) {
    const isOptional = all.some((fields) => fields.get(name)?.isOptional !== false);
    merged.set(name, { ...(merged.get(name) ?? field), isOptional });
  }
  return merged;
}

/** Takes a type out of `pulumi.Input`, `pulumi.Output` and `undefined`. */
function plain(type: ts.TypeNode): { readonly type: ts.TypeNode; readonly mayBeUndefined: boolean } {
  if (ts.isTypeReferenceNode(type) && /^pulumi\.(Input|Output)$/.test(type.typeName.getText())) {
    const [inner] = type.typeArguments ?? [];
    return inner === undefined ? { type, mayBeUndefined: false } : plain(inner);
  }
  if (!ts.isUnionTypeNode(type)) {
    return { type, mayBeUndefined: false };
  }
  const others = type.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
  const [only, ...more] = others;
  return {
    type: only !== undefined && more.length === 0 ? plain(only).type : type,
    mayBeUndefined: others.length < type.types.length,
  };
}

/** The doc comment of a node as Markdown: without TypeScript examples, links as plain names, a line for each paragraph. */
function descriptionOf(node: ts.Node): string {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  return (ts.getTextOfJSDocComment(comment) ?? "")
    .replace(/```ts\n.*?```/gs, "")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim().replace(/\n(?!- )\s*/g, " "))
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}
