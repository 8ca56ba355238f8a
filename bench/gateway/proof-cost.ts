import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { type Spread, spreadOf } from './spread.ts'

type EnvelopeModule = typeof import('../../src/event/envelope.ts')
type ProofModule = typeof import('../../src/avro/proof.ts')

export interface ProofCost {
  /** CPU microseconds per event: from the bytes of the body to the proven datum. */
  readonly intake: Spread
  /** `JSON.parse` of the same bytes, which have to become text first. */
  readonly parse: Spread
}

/** In this process, with the modules of the built package: what runs here is what is shipped. */
export async function measureProofCost(
  dist: string,
  bodies: readonly Buffer[],
  contentType: string,
  rounds: number,
): Promise<ProofCost> {
  const { readEnvelope } = (await import(resolve(dist, 'event', 'envelope.js'))) as EnvelopeModule
  const { proveEvent } = (await import(resolve(dist, 'avro', 'proof.js'))) as ProofModule
  const facts = { receivedAt: Date.now(), publisherId: 'bench', envelopeId: randomUUID(), envelopeCount: 1 }
  const ours = (body: Buffer): unknown =>
    readEnvelope(body).events.map((received) => proveEvent(received, contentType, facts))
  const bare = (body: Buffer): unknown => JSON.parse(body.toString())
  const turns = Math.ceil(20_000 / bodies.length)
  measure(ours, bodies, turns)
  measure(bare, bodies, turns)
  const samples = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    samples.bare.push(measure(bare, bodies, turns))
    samples.ours.push(measure(ours, bodies, turns))
    samples.ours.push(measure(ours, bodies, turns))
    samples.bare.push(measure(bare, bodies, turns))
  }
  return { intake: spreadOf(samples.ours), parse: spreadOf(samples.bare) }
}

function measure(run: (body: Buffer) => unknown, bodies: readonly Buffer[], turns: number): number {
  const before = process.cpuUsage()
  for (let turn = 0; turn < turns; turn++) for (const body of bodies) run(body)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (turns * bodies.length)
}
