import { RelayError } from '../errors.ts'
import type { Config } from './config.ts'
import { ConfigDocument, type DocumentOptions } from './config-document.ts'
import { withoutEmptyBlocks } from './empty-blocks.ts'
import { nothingLeft } from './event-rules.ts'
import { Findings, findingLine, type LocatedFinding } from './findings.ts'
import { flatten } from './issues.ts'
import { issueMessage } from './messages.ts'
import { type FurtherEndpoints, notificationsEndpoints } from './notifications-endpoints.ts'
import { Places } from './places.ts'
import { configSchema } from './schema.ts'
import { noSettings, type Settings, withSettings } from './setting.ts'
import { sharedPort } from './shared-port.ts'
import { referenceProblems, substitute } from './substitute.ts'
import { YamlReader } from './yaml-reader.ts'

export interface ParseOptions extends DocumentOptions {
  /** What beats the file. Default: nothing. */
  readonly settings?: Settings
}

/** A configuration as far as it can be read. */
export interface ParsedConfig {
  /** Undefined where something is wrong. */
  readonly config: Config | undefined
  /** Everything that is wrong, in the order of the file, then of variables and flags. */
  readonly findings: readonly LocatedFinding[]
  /** Undefined where there is no file. */
  readonly document: ConfigDocument | undefined
  readonly places: Places
  /** What file and settings say together, before any default. */
  readonly given: unknown
}

/**
 * YAML text to {@link Config}: variables put in, secret files read, every value checked.
 * Throws CONFIG_INVALID with one line per finding, each as `file:line:column: what is wrong`. Text undefined: there is no file.
 */
export function parseConfig(text: string | undefined, options: ParseOptions): Config {
  const { config, findings } = parseAll(text, options)
  if (config !== undefined) return config
  const message = findings.map(findingLine).join('\n')
  throw new RelayError(
    'CONFIG_INVALID',
    message,
    text === undefined ? {} : { facts: { file: options.fileName } },
  )
}

/** The same for whoever wants what is right of it too. */
export function parseAll(text: string | undefined, options: ParseOptions): ParsedConfig {
  const { settings = noSettings } = options
  const document = text === undefined ? undefined : new ConfigDocument(text, options)
  const given = withoutEmptyBlocks(withSettings(document?.value ?? {}, settings.settings))
  const findings = new Findings(given, document, settings)
  const result = configSchema.safeParse(given, { reportInput: false, error: issueMessage })
  findings.addIssues(flatten(result.error?.issues ?? []))

  // By the rules of a registry's decoder, which are others: the same text is read once more.
  const isReadable =
    document?.torn === false && !Array.isArray(document.value) && typeof document.value === 'object'
  const reader = new YamlReader(isReadable ? (text ?? '') : '', options.fileName, (scalar) =>
    filled(scalar, options),
  )
  const more = notificationsEndpoints(reader, endpointNames(given))
  findings.addFromFile(reader.findings)
  findings.addIssues(result.success ? sharedPort(result.data, given) : [])
  const parsed = { findings: findings.all, document, places: new Places(document, settings), given }
  if (!result.success || parsed.findings.length > 0) return { ...parsed, config: undefined }
  warnOfNothing(result.data, document, reader)
  return { ...parsed, config: withEndpoints(result.data, more, reader) }
}

/** Undefined where a variable is not set or not referred to rightly, which has been said. */
function filled(scalar: string, { environment }: ParseOptions): string | undefined {
  let isMissing = referenceProblems(scalar).length > 0
  const text = substitute(scalar, environment, () => {
    isMissing = true
  })
  return isMissing ? undefined : text
}

function endpointNames(given: unknown): readonly string[] {
  const { bridge } = given as { readonly bridge?: { readonly endpoints?: unknown } }
  const endpoints: unknown = bridge?.endpoints
  if (!Array.isArray(endpoints)) return []
  return endpoints.flatMap((one: { readonly name?: unknown } | null) =>
    typeof one?.name === 'string' ? [one.name] : [],
  )
}

function withEndpoints(config: Config, more: FurtherEndpoints, reader: YamlReader): Config {
  const endpoints = [...config.bridge.endpoints, ...more.endpoints]
  const { warnings: remarks, notes } = reader
  return {
    ...config,
    bridge: { ...config.bridge, endpoints, remarks, notes, disabledEndpoints: more.disabled },
  }
}

function warnOfNothing({ bridge }: Config, document: ConfigDocument | undefined, reader: YamlReader): void {
  for (const [index, { only, ignore }] of bridge.endpoints.entries()) {
    const why = nothingLeft(only, ignore)
    const path = ['bridge', 'endpoints', index, 'ignore']
    if (why !== undefined) {
      reader.warn({ node: null, path: path.join('.'), offset: document?.offsetOf(path) ?? 0 }, why)
    }
  }
}
