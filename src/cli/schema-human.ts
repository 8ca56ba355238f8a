import type { SubjectCheck } from '../operations/check-schema.ts'
import type { SubjectRegistration } from '../operations/register-schema.ts'
import type { ShownSchema, ShownVersion } from '../operations/show-schema.ts'
import { columns } from './columns.ts'
import { counted } from './number-text.ts'
import { plainLines } from './plain-text.ts'
import { prettySchema, type SchemaName } from './schema-json.ts'

/** Of a changed documentation, which can be a paragraph, the beginning says which one it was. */
const maxLine = 160

/** A check for people: a line per subject, then the differences and what is wrong with them. */
export function checkText(schema: SchemaName, registry: string, checks: readonly SubjectCheck[]): string {
  return plainLines([
    ...heading(schema, registry),
    '',
    ...columns([['SUBJECT', 'STATE', 'VERSION', 'ID', 'LATEST', 'LEVEL'], ...checks.map(checkRow)]),
    ...grouped(checks, details),
    '',
    verdict(checks),
  ])
}

/** A line per subject; below, why those that refused the schema did. */
export function registerText(
  schema: SchemaName,
  registry: string,
  registrations: readonly SubjectRegistration[],
): string {
  const rows = registrations.map(({ subject, outcome, registered, level }) => [
    outcome === 'refused' ? 'REFUSED' : outcome,
    subject,
    `level ${level ?? 'unknown'}`,
    ...(registered === undefined ? [] : [`version ${registered.version}`, `id ${registered.id}`]),
  ])
  const refused = registrations.filter(({ outcome }) => outcome === 'refused')
  return plainLines([
    ...heading(schema, registry),
    '',
    ...columns(rows),
    ...grouped(refused, ({ reasons, changes, lint }) => [
      ...section(lint.length === 0 ? 'refused, because' : 'would be refused, because', reasons),
      ...houseRules(lint),
      ...section('differs from the latest version', texts(changes)),
    ]),
    ...(refused.some(({ lint }) => lint.length > 0)
      ? ['', 'Where it breaks house rules nothing was registered; `--no-lint` registers it all the same.']
      : []),
  ])
}

/** What the registry has: a line about it, then the schema. One that was printed before is not printed again. */
export function showText(shown: readonly (ShownSchema | ShownVersion)[]): string {
  const printed = new Set<number>()
  return shown
    .map((one) => {
      const known = printed.has(one.id)
      printed.add(one.id)
      const facts = [
        ...('subject' in one
          ? [
              ['subject', one.subject],
              ['version', versionText(one)],
            ]
          : []),
        ['id', String(one.id)],
        ...('subject' in one ? [['level', one.level ?? 'unknown']] : []),
        ['fingerprint', one.fingerprint],
        ['written here', ours[one.ours]],
      ]
      return plainLines([...columns(facts), ...(known ? [] : ['', ...prettySchema(one.text).split('\n')])])
    })
    .join('\n\n')
}

const ours: Readonly<Record<ShownSchema['ours'], string>> = {
  yes: 'yes, this is the schema that this relay writes',
  'same-meaning':
    'yes, it says the same as the schema that this relay writes; documentation or attributes differ',
  no: 'no, this relay writes another schema',
}

function heading({ name, fingerprint }: SchemaName, registry: string): readonly string[] {
  return columns([
    ['schema', name],
    ['fingerprint', fingerprint],
    ['registry', registry],
  ])
}

function checkRow({ subject, state, registered, latest, level }: SubjectCheck): readonly string[] {
  return [
    subject,
    state === 'incompatible' ? 'INCOMPATIBLE' : state,
    registered === undefined ? '-' : String(registered.version),
    registered === undefined ? '-' : String(registered.id),
    latest === undefined ? 'none' : `version ${latest.version}`,
    level ?? 'unknown',
  ]
}

function details({ latest, changes, reasons, lint }: SubjectCheck): readonly string[] {
  return [
    ...section(`differs from version ${latest?.version ?? 0}, the latest`, texts(changes)),
    ...section('would be refused, because', reasons),
    ...houseRules(lint),
  ]
}

function houseRules(lint: SubjectCheck['lint']): readonly string[] {
  return section(
    'breaks house rules, which no registry asks for and readers need',
    lint.map(({ at, message }) => `${at} ${message}`),
  )
}

/** Subjects about which the same is to be said stand together. */
function grouped<T extends { readonly subject: string }>(
  subjects: readonly T[],
  say: (one: T) => readonly string[],
): readonly string[] {
  const groups = new Map<string, { readonly names: string[]; readonly lines: readonly string[] }>()
  for (const one of subjects) {
    const lines = say(one)
    const key = JSON.stringify(lines)
    const group = groups.get(key)
    if (group !== undefined) group.names.push(one.subject)
    else if (lines.length > 0) groups.set(key, { names: [one.subject], lines })
  }
  return [...groups.values()].flatMap(({ names, lines }) => ['', names.join(', '), ...lines])
}

function texts(changes: SubjectCheck['changes']): readonly string[] {
  return changes.map(({ text }) => (text.length > maxLine ? `${text.slice(0, maxLine)} ...` : text))
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]
}

function versionText({ version, versions }: ShownVersion): string {
  const latest = versions.at(-1)
  return version === latest ? `${version}, the latest` : `${version}; the latest is ${latest ?? 'gone'}`
}

function verdict(checks: readonly SubjectCheck[]): string {
  const count = (state: SubjectCheck['state']): number =>
    checks.filter((check) => check.state === state).length
  const linted = checks.some(({ lint }) => lint.length > 0)
  const lacking = counted(count('compatible'), 'subject')
  const parts = [
    ...(count('incompatible') === 0 ? [] : [`${counted(count('incompatible'), 'subject')} would refuse it`]),
    ...(count('compatible') === 0
      ? []
      : [
          linted
            ? `${lacking} would take it`
            : `${lacking} would take it: \`registry-relay schema register\``,
        ]),
    ...(linted ? ['it breaks house rules, of which no registry knows'] : []),
  ]
  return parts.length === 0 ? 'Registered under every subject.' : `${parts.join('; ')}.`
}
