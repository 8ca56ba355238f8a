import { isLoopback } from '../loopback.ts'
import type { Config } from './config.ts'
import { type ConfigPath, pathText } from './config-path.ts'
import type { EndpointConfig } from './endpoint-config.ts'
import type { LocatedFinding } from './findings.ts'
import { isSecretName } from './mask.ts'
import { keyFiles, type PlacedEndpoint, placedEndpoints, secretsOf } from './placed.ts'
import type { Places } from './places.ts'

/** Something about a configuration that can be used, and that is worth knowing before it is. */
export interface ConfigRemark extends LocatedFinding {
  /** `warning`: hardly meant so, or dangerous. `note`: may well be meant. */
  readonly level: 'warning' | 'note'
}

export interface AdvisedConfig {
  readonly config: Config | undefined
  readonly given: unknown
  readonly places: Places
  /** Absolute or relative to the working folder; undefined where there is none. */
  readonly file: string | undefined
  /** Variables that set nothing and look as if they should. Default: none. */
  readonly nearVariables?: readonly LocatedFinding[]
}

/**
 * Warnings first; where the configuration cannot be used, of variables that set nothing only.
 * @param modeOf file type and permissions as `stat` gives them, undefined where that cannot be said
 */
export function configRemarks(
  { config, given, places, file, nearVariables = [] }: AdvisedConfig,
  modeOf: (path: string) => number | undefined,
): readonly ConfigRemark[] {
  const ignored = nearVariables.map((one) => ({ level: 'note' as const, ...one }))
  if (config === undefined) return ignored
  const advice = new Advice(config, given, places)
  advice.listeners()
  advice.connections()
  advice.secrets(file, modeOf)
  advice.rest()
  return [...advice.remarks, ...ignored].toSorted((a, b) =>
    a.level === b.level ? 0 : a.level === 'warning' ? -1 : 1,
  )
}

class Advice {
  readonly remarks: ConfigRemark[] = []
  readonly #config: Config
  readonly #endpoints: readonly PlacedEndpoint[]
  readonly #places: Places

  constructor(config: Config, given: unknown, places: Places) {
    this.#config = config
    this.#endpoints = placedEndpoints(config.bridge.endpoints, given)
    this.#places = places
    for (const remark of config.bridge.remarks) this.remarks.push({ level: 'warning', ...located(remark) })
    for (const note of config.bridge.notes) this.remarks.push({ level: 'note', ...located(note) })
  }

  /** Who can reach what listens. */
  listeners(): void {
    const { host, port, credentials, tls } = this.#config.gateway
    if (!isLoopback(host)) {
      const isOpen = credentials.length === 0 && tls?.clientCaFile === undefined
      if (isOpen) {
        this.#warn(
          ['gateway', 'host'],
          `everybody who reaches port ${port} may post: set gateway.credentials`,
        )
      } else if (tls === undefined && credentials.length > 0) {
        this.#note(
          ['gateway', 'host'],
          'without gateway.tls, tokens and passwords travel in clear; that is well only behind a proxy that ends TLS',
        )
      }
    }
    if (!isLoopback(this.#config.management.host)) {
      this.#note(
        ['management', 'host'],
        'everybody who reaches this port sees metrics and state; no secret is among them',
      )
    }
  }

  /** What travels in clear. */
  connections(): void {
    const { kafka, schemaRegistry } = this.#config
    if (kafka.sasl !== undefined && kafka.tls === false) {
      const isClear = kafka.sasl.mechanism === 'plain' || kafka.sasl.mechanism === 'oauthbearer'
      const path = ['kafka', 'sasl', 'mechanism']
      if (isClear) this.#warn(path, 'without kafka.tls the password or token travels in clear')
      else this.#note(path, 'without kafka.tls events travel in clear')
    }
    const isKnown = schemaRegistry.password !== undefined || schemaRegistry.token !== undefined
    if (isKnown && schemaRegistry.urls.some(isClearUrl)) {
      this.#warn(['schemaRegistry', 'url'], 'over http the password or token travels in clear: use https')
    }
    for (const { endpoint, path } of this.#endpoints) {
      if (!isClearUrl(endpoint.url) || !hasSecretHeader(endpoint)) continue
      this.#note(
        [...path, 'url'],
        `endpoint ${endpoint.name}: over http the secrets among its headers travel in clear`,
      )
    }
  }

  /** Who can read what nobody else should. */
  secrets(file: string | undefined, modeOf: (path: string) => number | undefined): void {
    const written: string[] = []
    for (const [path, secret] of secretsOf(this.#config, this.#endpoints)) {
      const setting = this.#places.settingOf(path)
      if (secret.file !== undefined) this.#readable(path, secret.file, modeOf)
      else if (setting?.from === 'flag')
        this.#warn(path, 'everybody who may list processes here sees it: use { file: path }, or a variable')
      else if (setting === undefined && this.#places.variablesOf(path).length === 0)
        written.push(pathText(path))
    }
    for (const [path, key] of keyFiles(this.#config, this.#endpoints)) this.#readable(path, key, modeOf)
    if (file === undefined || written.length === 0) return
    const which = `secrets stand in this file: ${written.join(', ')}`
    if (isOpen(modeOf(file)))
      this.#add('warning', file, `${which}; and every user of this machine may read it: chmod 640`)
    else this.#add('note', file, `${which}; { file: path } would keep them out of it`)
  }

  rest(): void {
    const { topics, logging, spool, gateway, bridge } = this.#config
    if (topics.replicationFactor === 1) {
      this.#note(
        ['topics', 'replicationFactor'],
        'with one copy, a broker that is lost takes its events with it',
      )
    }
    if (logging.level === 'silent') {
      this.#warn(['logging', 'level'], 'nothing will say what goes wrong')
    }
    if (gateway.ackMode === 'spool' && /^\/(?:tmp|dev\/shm|run)(?:\/|$)/.test(spool.folder)) {
      this.#warn(
        ['spool', 'folder'],
        `${spool.folder} is empty after a restart of the machine: what was acknowledged and is not in Kafka is lost then`,
      )
    }
    if (bridge.endpoints.length === 0) {
      this.#note(['bridge', 'endpoints'], 'there is no endpoint: the command bridge has nobody to deliver to')
    }
  }

  #readable(path: ConfigPath, file: string, modeOf: (path: string) => number | undefined): void {
    // Orchestrators put secrets there with modes of their own, in folders that are closed.
    if (/^\/(?:var\/)?run\/secrets\//.test(file) || !isOpen(modeOf(file))) return
    this.#warn(
      path,
      `every user of this machine may read ${file}: chmod 600, or 640 and the group of the relay`,
    )
  }

  #warn(path: ConfigPath, message: string): void {
    this.#at('warning', path, message)
  }

  #note(path: ConfigPath, message: string): void {
    this.#at('note', path, message)
  }

  /** Of a value that is given its place is said; a default has none. */
  #at(level: ConfigRemark['level'], path: ConfigPath, message: string): void {
    const place = this.#places.isGiven(path) ? this.#places.of(path).text : ''
    const name = pathText(path)
    this.#add(level, place, place === `--set ${name}` ? message : `"${name}": ${message}`)
  }

  #add(level: ConfigRemark['level'], place: string, message: string): void {
    if (this.remarks.every((one) => one.place !== place || one.message !== message)) {
      this.remarks.push({ level, place, message })
    }
  }
}

function hasSecretHeader({ headers }: EndpointConfig): boolean {
  return Object.keys(headers).some(isSecretName)
}

/** True for http to another machine. */
function isClearUrl(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && !isLoopback(hostname)
}

function isOpen(mode: number | undefined): boolean {
  return mode !== undefined && (mode & 0o004) !== 0
}

/** What was said with its place in front. */
function located(line: string): LocatedFinding {
  const [, place = '', message = line] = /^(.*?:\d+:\d+): (.*)$/s.exec(line) ?? []
  return { place, message }
}
