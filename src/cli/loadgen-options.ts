import { type Random, systemRandom } from '../clock.ts'
import type { Profile } from '../event/profile.ts'
import type { LoadgenOptions } from '../operations/loadgen.ts'
import { DistributionRetries, GitLabRetries, type Retries } from '../operations/loadgen-retries.ts'
import type { ConfigOptions } from './config-options.ts'

export type LoadKind = 'distribution' | 'distribution-2' | 'gitlab'

export interface LoadgenCommandOptions extends ConfigOptions {
  readonly url: string
  readonly as: LoadKind
  readonly registries: number
  readonly repositories: number
  readonly events?: number
  readonly seconds?: number
  readonly rate?: number
  readonly token?: string
  readonly header?: readonly (readonly [string, string])[]
  readonly verify?: 'topic' | 'receiver' | 'none'
  readonly receiver?: { readonly host: string; readonly port: number }
  /** Seconds. */
  readonly patience: number
  readonly seed?: number
  /** Milliseconds. */
  readonly timeout: number
  readonly threshold: number
  /** Milliseconds. */
  readonly backoff: number
  readonly maxRetries: number
  readonly allowAltered?: boolean
  readonly json?: boolean
}

const profiles: Readonly<Record<LoadKind, Profile>> = {
  distribution: 'distribution-3',
  'distribution-2': 'distribution-2',
  gitlab: 'gitlab',
}

const defaultEvents = 1_000

/** A repeat is some retries behind the event; who waits for longer wants `--patience` for what is missing. */
const quietMs = 2_000

/** What the options ask for, but for what does the work. */
export function loadRequest(
  options: LoadgenCommandOptions,
  random: Random = systemRandom,
): Pick<
  LoadgenOptions,
  | 'profile'
  | 'registries'
  | 'repositories'
  | 'events'
  | 'seconds'
  | 'rate'
  | 'seed'
  | 'retries'
  | 'patienceMs'
  | 'quietMs'
> {
  const { registries, repositories, seconds, rate } = options
  return {
    profile: profiles[options.as],
    registries,
    repositories,
    events: options.events ?? (seconds === undefined ? defaultEvents : undefined),
    seconds,
    rate,
    seed: options.seed ?? Math.floor(random() * 2 ** 31),
    retries: () => retriesOf(options, random),
    patienceMs: options.patience * 1_000,
    quietMs,
  }
}

/** Where to look: as asked, or where there is something to look at. */
export function verification(
  { verify, receiver }: Pick<LoadgenCommandOptions, 'verify' | 'receiver'>,
  isConfigured: boolean,
): 'topic' | 'receiver' | 'none' {
  if (verify !== undefined) return verify
  if (receiver !== undefined) return 'receiver'
  return isConfigured ? 'topic' : 'none'
}

/** The header lines that every notification gets. */
export function loadHeaders({
  token,
  header = [],
}: Pick<LoadgenCommandOptions, 'token' | 'header'>): readonly (readonly [string, string])[] {
  return [...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]), ...header]
}

function retriesOf(
  { as: kind, threshold, backoff: backoffMs, maxRetries }: LoadgenCommandOptions,
  random: Random,
): Retries {
  if (kind === 'gitlab') return new GitLabRetries({ maxRetries, backoffMs }, random)
  return new DistributionRetries({ threshold, backoffMs })
}
