import { encodeEnvelope } from '../event/envelope-encoder.ts'
import type { ActorRecord, Event, RequestRecord, Target } from '../event/event.ts'
import { mediaTypeOf, type Profile } from '../event/profile.ts'
import { MadeUp } from './loadgen-random.ts'
import { digestOf, tagOf } from './loadgen-sequence.ts'
import { blobType, nextSteps, type Step } from './loadgen-steps.ts'

/** An event that happened at a simulated registry, as it posts it. */
export interface LoadEvent {
  readonly id: string
  readonly repository: string
  /** Counts the events of the repository, from 0. */
  readonly sequence: number
  readonly body: string
  readonly contentType: string
}

export interface LoadRegistryOptions {
  readonly profile: Profile
  readonly seed: number
  /** From 1. */
  readonly number: number
  readonly repositories: number
}

interface Repository {
  readonly name: string
  next: number
  readonly ahead: Step[]
}

const userAgents = [
  'docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.8.0-47-generic os/linux arch/amd64 UpstreamClient(Docker-Client/27.3.1 \\(linux\\))',
  'containerd/v2.0.1',
  'skopeo/1.16.1',
  'buildkit/v0.17',
  'crane/v0.20.2',
  'curl/8.5.0',
]

/** What happens at one registry, to several repositories at the same time; deterministic but for the times. */
export class LoadRegistry {
  readonly #options: LoadRegistryOptions
  readonly #made: MadeUp
  readonly #name: string
  readonly #instanceID: string
  readonly #repositories: readonly Repository[]

  constructor(options: LoadRegistryOptions) {
    const { seed, number, repositories } = options
    this.#options = options
    this.#made = new MadeUp(seed, `registry ${number}`)
    this.#name = `registry-${number}`
    this.#instanceID = this.#made.uuid4()
    this.#repositories = Array.from({ length: repositories }, (_, index) => ({
      name: `loadgen/${seed}/${this.#name}/app-${index + 1}`,
      next: 0,
      ahead: [],
    }))
  }

  /** @param now when it happens, milliseconds since the epoch */
  next(now: number): LoadEvent {
    const { profile } = this.#options
    const repository = this.#made.one(this.#repositories)
    if (repository.ahead.length === 0) repository.ahead.push(...nextSteps(this.#made))
    const step = repository.ahead.shift() as Step
    const sequence = repository.next++
    const id = profile === 'distribution-3' ? this.#made.uuid7(now) : this.#made.uuid4()
    const event: Event = {
      id,
      timestamp: timestampOf(now, this.#made.whole(0, 999_999)),
      action: actionOf(step),
      target: this.#target(step, repository.name, sequence),
      request: this.#request(step, now),
      actor: this.#actor(step),
      source: { addr: `${this.#name}:5000`, instanceID: this.#instanceID },
      ...this.#meta(step),
    }
    const body = encodeEnvelope([event], profile)
    return { id, repository: repository.name, sequence, body, contentType: mediaTypeOf(profile) }
  }

  #target(step: Step, repository: string, sequence: number): Target {
    if (step.kind === 'delete tag') return { repository, tag: tagOf(sequence) }
    const digest = digestOf(sequence, this.#made.hex(52))
    if (step.kind === 'delete manifest') return { digest, repository }
    const base = `https://${this.#name}.example.com/v2/${repository}`
    if ('size' in step) {
      const { size } = step
      const from =
        step.kind === 'mount blob' ? { fromRepository: this.#made.one(this.#repositories).name } : {}
      return {
        mediaType: blobType,
        digest,
        size,
        length: size,
        repository,
        ...from,
        url: `${base}/blobs/${digest}`,
      }
    }
    const { mediaType, tag, references } = step
    const size = 240 + 150 * references.length
    return {
      mediaType,
      digest,
      size,
      length: size,
      repository,
      url: `${base}/manifests/${digest}`,
      ...(tag === undefined ? {} : { tag }),
      references: references.map((reference) => ({ ...reference, digest: `sha256:${this.#made.hex(64)}` })),
    }
  }

  #request(step: Step, now: number): RequestRecord {
    const made = this.#made
    return {
      id: this.#options.profile === 'distribution-3' ? made.uuid7(now) : made.uuid4(),
      addr: `203.0.113.${made.whole(1, 254)}:${made.whole(32_768, 60_999)}`,
      host: `${this.#name}.example.com`,
      method: methodOf(step),
      useragent: made.one(userAgents),
    }
  }

  #actor(step: Step): ActorRecord {
    const made = this.#made
    const name = made.one(['ci', 'deploy', 'renovate', ''])
    if (this.#options.profile !== 'gitlab' || name === '') return name === '' ? {} : { name }
    const userType = made.one(['build', 'deploy_token', 'personal_access_token'])
    // GitLab hands its own token on, with events of manifests and tags.
    const isBlob = step.kind.endsWith('blob')
    return {
      name,
      userType,
      ...(isBlob ? {} : { user: `eyJhbGciOiJSUzI1NiJ9.${made.hex(120)}.${made.hex(86)}` }),
    }
  }

  #meta(step: Step): Pick<Event, 'meta'> {
    if (this.#options.profile !== 'gitlab' || step.kind !== 'pull blob') return {}
    const redirected = this.#made.chance(0.7) ? `,\n${' '.repeat(15)}"redirected": true` : ''
    const blob = `{\n${' '.repeat(15)}"storageBackend": "s3aws"${redirected}\n${' '.repeat(12)}}`
    return { meta: new Map([['blob', blob]]) }
  }
}

function actionOf({ kind }: Step): string {
  if (kind === 'head manifest') return 'pull'
  return kind.slice(0, kind.indexOf(' '))
}

function methodOf({ kind }: Step): string {
  if (kind === 'head manifest') return 'HEAD'
  if (kind === 'mount blob') return 'POST'
  return { push: 'PUT', pull: 'GET', delete: 'DELETE' }[kind.slice(0, kind.indexOf(' '))] ?? 'GET'
}

/** As Go prints it in UTC: no zero at the end of a fraction, and none at all for a whole second. */
function timestampOf(now: number, nanoseconds: number): string {
  const at = new Date(now)
  const fraction = `${at.getUTCMilliseconds().toString().padStart(3, '0')}${nanoseconds.toString().padStart(6, '0')}`
  const trimmed = fraction.replace(/0+$/, '')
  return `${at.toISOString().slice(0, 19)}${trimmed === '' ? '' : `.${trimmed}`}Z`
}
