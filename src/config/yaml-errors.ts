import { type Document, isAlias, isCollection, isScalar, visit, type YAMLError } from 'yaml'
import type { Finding } from './finding.ts'

/** What to do, by the parser's code and, where that says too little, by its words. */
const words: readonly (readonly [YAMLError['code'], RegExp, string])[] = [
  ['TAB_AS_INDENT', /./, 'a tab stands where YAML wants spaces: indent with spaces'],
  ['DUPLICATE_KEY', /./, 'this key stands in its block already: keep one of the two'],
  ['MULTIPLE_DOCS', /./, 'a second document begins here: take the line --- away'],
  [
    'MULTILINE_IMPLICIT_KEY',
    /./,
    'this is no "key: value": is the colon missing, the space behind it, or a quote?',
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    /./,
    'keys stand where a single value ended: is this line indented too far, or is it a second ": " on one line, which needs quotes?',
  ],
  [
    'BLOCK_IN_FLOW',
    /./,
    'inside { } and [ ] keys and items are parted by commas: is a bracket above not closed, or a text with a colon not in quotes?',
  ],
  ['BAD_SCALAR_START', /./, 'a text that begins with this character needs quotes'],
  ['BAD_INDENT', /Flow/, 'a bracket above is not closed: [ needs its ], and { its }'],
  ['BAD_INDENT', /./, 'the indentation does not fit: keys of one block begin in the same column'],
  ['MISSING_CHAR', /Missing closing/, 'the quote that begins here is never closed'],
  ['MISSING_CHAR', /Flow|flow/, 'a comma, or a closing bracket, is missing before this'],
  ['MISSING_CHAR', /Comments/, 'a comment needs a space before its #, and a text with a # in it quotes'],
  ['MISSING_CHAR', /Tags and anchors/, 'a text that begins with & or ! needs quotes'],
  ['MISSING_CHAR', /Sequence/, 'an item of a list begins with "- ", or keys stand a column too far left'],
  ['MISSING_CHAR', /./, 'a colon, or the space behind it, is missing here'],
  [
    'BAD_DQ_ESCAPE',
    /./,
    'in double quotes a backslash begins an escape: write it twice, or use single quotes',
  ],
  [
    'TAG_RESOLVE_FAILED',
    /./,
    'tags (!name) are not read here: write { file: path } for a secret, or ${NAME}',
  ],
  ['BAD_COLLECTION_TYPE', /./, 'tags (!name) are not read here: take it away'],
  [
    'UNEXPECTED_TOKEN',
    /Block scalar header/,
    'behind | or > a text begins on the next line only; one that begins with this character needs quotes',
  ],
  ['UNEXPECTED_TOKEN', /./, 'this does not fit here: is a quote, a comma or a bracket missing before it?'],
  ['ALIAS_PROPS', /./, 'a text that begins with *, & or ! needs quotes'],
  ['BAD_ALIAS', /./, 'a text that begins with * or & needs quotes'],
  ['BAD_PROP_ORDER', /./, 'a text that begins with & or ! needs quotes'],
  ['MULTIPLE_ANCHORS', /./, 'a text that begins with & needs quotes'],
  ['MULTIPLE_TAGS', /./, 'a text that begins with ! needs quotes'],
  ['BAD_DIRECTIVE', /./, 'a line that begins with % is no text: put the text in quotes'],
  ['KEY_OVER_1024_CHARS', /./, 'a key of more than 1024 characters: is a quote, or a line break, missing?'],
]

/** What the YAML parser found, in the words of somebody who has to mend it. None repeats a text of the file: it may be a secret. */
export function yamlFindings(text: string, document: Document.Parsed): readonly Finding[] {
  const errors = [...document.errors, ...document.warnings]
  const findings = errors.map((error) => ({
    offset: beginning(document, error),
    message: yamlProblem(error),
  }))
  // Of what stands behind a tab the parser makes one thing after another, and none of it is so.
  const isTab = errors.map(({ code }) => code === 'TAB_AS_INDENT')
  const tab = isTab.indexOf(true)
  if (tab !== -1)
    return firstOfEachLine(
      text,
      findings.filter((_, at) => at < tab || isTab[at]),
    )
  // A `${…}` where its braces count tears the file apart: what the parser says of the rest is about nothing in it.
  const torn = findings.findIndex(({ offset }) => text.startsWith('${', offset - 1))
  if (torn === -1) return firstOfEachLine(text, findings)
  const offset = (findings[torn]?.offset ?? 1) - 1
  return [
    ...firstOfEachLine(text, findings.slice(0, torn)),
    { offset, message: 'inside { } and [ ] a ${…} needs quotes, or a line of its own' },
  ]
}

/** Never in the parser's own words: they repeat texts of the file. */
export function yamlProblem({ code, message }: YAMLError): string {
  return (
    words.find(([one, pattern]) => one === code && pattern.test(message))?.[2] ??
    'this cannot be read as YAML: is a quote, a colon or a bracket missing here or before it?'
  )
}

/** True for what leaves the rest of the file as it is written. */
export function isHarmless({ code }: YAMLError): boolean {
  return code === 'DUPLICATE_KEY'
}

/** References (`*name`) that cannot be followed; a name may be a password that begins with a `*`. */
export function aliasFindings(document: Document.Parsed): readonly Finding[] {
  const findings: Finding[] = []
  visit(document, {
    Alias(_key, node) {
      const [offset] = node.range ?? [0]
      const target = node.resolve(document)
      const [from = 0, to = 0] = target?.range ?? []
      const message =
        target === undefined
          ? 'this reference (*name) refers to nothing, there is no &name before it; a text that begins with * needs quotes'
          : 'this reference (*name) stands inside what it refers to: it would never end'
      if (target === undefined || (from <= offset && offset < to)) findings.push({ offset, message })
    },
  })
  return findings
}

/** Keys that are lists, or keys and values themselves. */
export function keyFindings(document: Document.Parsed): readonly Finding[] {
  const findings: Finding[] = []
  visit(document, {
    Pair(_key, { key }) {
      const node = isAlias(key) ? key.resolve(document) : key
      if (!isCollection(node)) return
      const [offset] = node.range ?? [0]
      findings.push({
        offset,
        message: 'a key must be a text: is this {{ … }} of a template that was not filled in?',
      })
    },
  })
  return findings
}

/** Each can be followed, and all together would fill the memory. */
export const tooManyAliases: Finding = {
  offset: 0,
  message: 'the references (*name) of this file stand for more values than can be read: write them out',
}

/** Of a quote that is never closed the parser names the end of the file. */
function beginning(document: Document.Parsed, { code, message, pos: [offset] }: YAMLError): number {
  if (code !== 'MISSING_CHAR' || !message.startsWith('Missing closing')) return offset
  let opened = offset
  visit(document, {
    Node(_key, node) {
      const [from = 0, to = 0] = node.range ?? []
      if (isScalar(node) && !isAlias(node) && from < offset && to >= offset) opened = from
    },
  })
  return opened
}

/** What else is wrong in a line follows from what was wrong there first. */
function firstOfEachLine(text: string, findings: readonly Finding[]): readonly Finding[] {
  const lineStart = ({ offset }: Finding): number => text.lastIndexOf('\n', offset - 1)
  return findings.filter(
    (finding, at) => findings.findIndex((other) => lineStart(other) === lineStart(finding)) === at,
  )
}
