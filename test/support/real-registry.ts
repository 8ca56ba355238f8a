import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../../src/clock.ts'
import { readEnvironment } from '../../src/local-stack/environment.ts'
import { freePorts } from '../../src/local-stack/free-ports.ts'
import { cached } from '../../src/local-stack/jar-cache.ts'
import { startRegistryProcess } from './registry-process.ts'

/** Docker Distribution: 2.8 as Debian packages it, and 3.1 built from its Go module. */
export type Distribution = '2.8' | '3.1'

const module3 = 'github.com/distribution/distribution/v3'
const version3 = '3.1.1'
const key3 = `distribution-${version3}`
/** Of the last release 3.1.1; an older Go cannot build it. */
const oldestGo = { major: 1, minor: 25 }

const command2 = process.env['REGISTRY_RELAY_DISTRIBUTION'] ?? 'docker-registry'
const given3 = process.env['REGISTRY_RELAY_DISTRIBUTION_3']

/**
 * Why a test with this registry cannot run on this machine, in a sentence; false where it can. Where everything is meant
 * to be installed (`CI=true`), a registry that is missing is a failure, not a reason to skip.
 */
export function missingRegistry(distribution: Distribution): string | false {
  if (process.env['CI'] === 'true') return false
  if (distribution === '2.8') {
    return answers(command2, '--version')
      ? false
      : `no ${command2} on this machine (Debian: apt-get install docker-registry)`
  }
  if (given3 !== undefined || existsSync(join(readEnvironment().cacheDir, key3)) || hasGo()) return false
  return `no Go ${oldestGo.major}.${oldestGo.minor} or later on this machine to build Distribution ${version3} with, and REGISTRY_RELAY_DISTRIBUTION_3 names none`
}

/** 3.1 is built at the first call, into the cache folder beside the server jars: that takes a minute or two and a network. */
export async function registryCommand(distribution: Distribution): Promise<string> {
  if (distribution === '2.8') return command2
  if (given3 !== undefined) return given3
  const folder = await cached(readEnvironment().cacheDir, key3, systemClock, async (filling) => {
    await promisify(execFile)('go', ['install', '-ldflags=-s -w', `${module3}/cmd/registry@v${version3}`], {
      env: { ...process.env, GOBIN: filling },
      maxBuffer: 16 * 1024 * 1024,
    })
  })
  return join(folder, 'registry')
}

export interface RealRegistry {
  readonly distribution: Distribution
  readonly url: string
  /** Events that its endpoint has not acknowledged. */
  pending(): Promise<number>
  stop(): Promise<void>
}

export interface RegistryOptions {
  readonly distribution: Distribution
  /** Where it posts its notifications. */
  readonly notifications: string
  /** Further keys of the endpoint, such as `timeout: 1s`. Default: none, so that the registry's own defaults hold. */
  readonly endpoint?: string
}

/** A registry that keeps everything in memory, its notifications pointed at the gateway. Resolves when it answers. */
export async function startRegistry(options: RegistryOptions): Promise<RealRegistry> {
  const { distribution, notifications, endpoint } = options
  const [port = 0, debugPort = 0] = await freePorts(2)
  const url = `http://127.0.0.1:${port}`
  const more = endpoint === undefined ? '' : `, ${endpoint}`
  const config = `
version: 0.1
log: { level: error }
storage: { inmemory: {}, delete: { enabled: true } }
http: { addr: "127.0.0.1:${port}", debug: { addr: "127.0.0.1:${debugPort}" } }
notifications: { endpoints: [{ name: relay, url: "${notifications}"${more} }] }
`
  return {
    distribution,
    url,
    pending: () => pendingEvents(`http://127.0.0.1:${debugPort}/debug/vars`),
    ...(await startRegistryProcess(await registryCommand(distribution), config, url)),
  }
}

/** Uploads a blob in two requests, as every client does; resolves with its digest. */
export async function pushBlob(registry: string, repository: string, content: Buffer): Promise<string> {
  const digest = digestOf(content)
  const begun = await request(202, `${registry}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const location = new URL(begun.headers.get('location') ?? '', registry)
  location.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream' }
  await request(201, location.href, { method: 'PUT', body: content, headers })
  return digest
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** Of an image that has one layer. */
export function manifestOf(config: Buffer, layer: Buffer): Buffer {
  const descriptor = (mediaType: string, content: Buffer) => ({
    mediaType: `application/vnd.oci.image.${mediaType}`,
    digest: digestOf(content),
    size: content.length,
  })
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor('config.v1+json', config),
      layers: [descriptor('layer.v1.tar', layer)],
    }),
  )
}

export async function pushManifest(
  registry: string,
  repository: string,
  tag: string,
  manifest: Buffer,
): Promise<string> {
  await request(201, `${registry}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    body: manifest,
    headers: { 'content-type': manifestType },
  })
  return digestOf(manifest)
}

/** Pushes an image of one layer; resolves with the digests of its parts. */
export async function pushImage(
  registry: string,
  repository: string,
  tag: string,
): Promise<{ readonly layer: string; readonly config: string; readonly manifest: string }> {
  const layer = Buffer.from('not really a layer')
  const config = Buffer.from('{}')
  return {
    layer: await pushBlob(registry, repository, layer),
    config: await pushBlob(registry, repository, config),
    manifest: await pushManifest(registry, repository, tag, manifestOf(config, layer)),
  }
}

export async function request(status: number, url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  const text = await response.text()
  assert.equal(response.status, status, `${init?.method ?? 'GET'} ${url}: ${text}`)
  return response
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function hasGo(): boolean {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout ?? '') ?? []
  return Number(major) === oldestGo.major && Number(minor) >= oldestGo.minor
}

function answers(command: string, argument: string): boolean {
  return spawnSync(command, [argument]).status === 0
}

async function pendingEvents(url: string): Promise<number> {
  const { registry } = (await (await fetch(url)).json()) as {
    registry: { notifications: { endpoints: { Metrics: { Pending: number } }[] } }
  }
  return registry.notifications.endpoints.reduce((sum, { Metrics }) => sum + Metrics.Pending, 0)
}
