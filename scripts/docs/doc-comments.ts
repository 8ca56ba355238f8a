import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { parse } from 'yaml'

/** What a type of the configuration looks like to its reader: the keys, and what is said of each. */
export type Shape =
  | { readonly kind: 'keys'; readonly comment: string; readonly members: ReadonlyMap<string, Member> }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'either'; readonly of: readonly Shape[] }
  | { readonly kind: 'value' }

export interface Member {
  /** The doc comment as one line; empty where there is none. */
  readonly comment: string
  /** Of its tags `@example`, which are YAML as the file has it. */
  readonly examples: readonly unknown[]
  readonly shape: Shape
}

type Declaration = ts.InterfaceDeclaration | ts.TypeAliasDeclaration

const value: Shape = { kind: 'value' }

/**
 * Reads interfaces and their doc comments out of source files. What a name means is looked up in these files only, and
 * whatever else a type says counts as a value: that is enough for plain objects, and needs no type checker, which takes
 * seconds to start.
 */
export class DocComments {
  readonly #declarations = new Map<string, Declaration>()

  constructor(files: readonly string[]) {
    for (const file of files) {
      const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
      for (const statement of source.statements) {
        if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
          this.#declarations.set(statement.name.text, statement)
      }
    }
  }

  /** The shape of an interface or an alias. Throws for a name that no file declares. */
  shapeOf(name: string): Shape {
    const declaration = this.#declarations.get(name)
    if (declaration === undefined) throw new Error(`no file declares ${name}`)
    return this.#declared(declaration)
  }

  #declared(declaration: Declaration): Shape {
    if (ts.isTypeAliasDeclaration(declaration)) return this.#typed(declaration.type)
    const members = new Map<string, Member>()
    for (const { types } of declaration.heritageClauses ?? []) {
      for (const { expression } of types) {
        const above = this.shapeOf(expression.getText())
        if (above.kind === 'keys') for (const [key, member] of above.members) members.set(key, member)
      }
    }
    for (const [key, member] of this.#members(declaration.members)) members.set(key, member)
    return { kind: 'keys', comment: commentOf(declaration), members }
  }

  #members(elements: ts.NodeArray<ts.TypeElement>): Map<string, Member> {
    const signatures = elements.filter(ts.isPropertySignature)
    return new Map(
      signatures.map((member) => [
        member.name.getText(),
        { comment: commentOf(member), examples: examplesOf(member), shape: this.#typed(member.type) },
      ]),
    )
  }

  #typed(type: ts.TypeNode | undefined): Shape {
    if (type === undefined) return value
    if (ts.isTypeOperatorNode(type)) return this.#typed(type.type)
    if (ts.isArrayTypeNode(type)) return { kind: 'list', of: this.#typed(type.elementType) }
    if (ts.isTypeLiteralNode(type)) return { kind: 'keys', comment: '', members: this.#members(type.members) }
    if (ts.isUnionTypeNode(type)) return this.#either(type)
    const declaration = ts.isTypeReferenceNode(type)
      ? this.#declarations.get(type.typeName.getText())
      : undefined
    return declaration === undefined ? value : this.#declared(declaration)
  }

  /** Of a union only what has keys tells anything. */
  #either({ types }: ts.UnionTypeNode): Shape {
    const shapes = types
      .map((type) => this.#typed(type))
      .flatMap((shape) => (shape.kind === 'either' ? shape.of : [shape]))
      .filter(({ kind }) => kind !== 'value')
    const [only] = shapes
    if (only === undefined) return value
    return shapes.length === 1 ? only : { kind: 'either', of: shapes }
  }
}

function commentOf(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function examplesOf(node: ts.Node): readonly unknown[] {
  return ts
    .getJSDocTags(node)
    .filter(({ tagName }) => tagName.text === 'example')
    .map(({ comment }) => parse(ts.getTextOfJSDocComment(comment) ?? ''))
}
