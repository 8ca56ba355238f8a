import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { runDoctor } from '../../../src/app/doctor.ts'
import type { DoctorServices } from '../../../src/app/doctor-needs.ts'
import type { Config } from '../../../src/config/config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import type { CheckResult, DoctorPart, Seen } from '../../../src/operations/doctor/check.ts'

export interface DoctorTerms {
  readonly brokers: readonly string[]
  readonly registry: string
}

/** A folder of this user alone, gone with the test. */
export function privateFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-doctor-'))
  chmodSync(folder, 0o700)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A configuration with topics of its own; `more` replaces whole blocks of the file. */
export function doctorConfig(
  { brokers, registry }: DoctorTerms,
  more: Readonly<Record<string, object>> = {},
): Config {
  const run = randomBytes(6).toString('hex')
  return configSchema.parse({
    kafka: { brokers: [...brokers] },
    topics: {
      ...{ events: `${run}.events`, deadLetters: `${run}.dlq`, rejected: `${run}.rejected` },
      ...{ partitions: 3, replicationFactor: 1 },
    },
    schemaRegistry: { url: registry },
    gateway: { port: 0, ackMode: 'kafka' },
    management: { port: 0 },
    ...more,
  })
}

export interface Examined {
  readonly results: readonly CheckResult[]
  /** States by name of the check. */
  readonly states: Readonly<Record<string, CheckResult['state']>>
  /** All lines of a check. */
  lines(name: string): readonly Seen[]
}

export async function examine(
  config: Config,
  parts?: readonly DoctorPart[],
  services: DoctorServices = { gateway: true, bridge: true },
  timeoutMs = 20_000,
): Promise<Examined> {
  const results = await runDoctor(config, {
    services,
    parts: parts === undefined ? undefined : new Set(parts),
    timeoutMs,
    source: 'relay.yaml',
    remarks: [],
    configOption: ' -c relay.yaml',
    onResult: () => {},
  })
  return {
    results,
    states: Object.fromEntries(results.map(({ name, state }) => [name, state])),
    lines: (name) => results.find((one) => one.name === name)?.seen ?? [],
  }
}
