import type { Random } from '../../src/clock.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { goldenBodies, recordedBodies } from '../support/notification-fixtures.ts'
import { byteMutations } from './byte-mutations.ts'
import { jsonMutations } from './json-mutations.ts'
import { Pick } from './pick.ts'

/** What a mutation changes, and where it may take more from. */
export interface Material {
  readonly body: Buffer
  /** Another one, for those that mix two. */
  readonly other: Buffer
  readonly pick: Pick
}

/** Makes of an Envelope that a registry sent one that none would send. */
export type Mutation = (material: Material) => Buffer

export interface HostileBody {
  readonly body: Buffer
  readonly contentType: string
  /** The names of the mutations that made it. */
  readonly made: string
}

const mutations: readonly (readonly [name: string, mutation: Mutation])[] = Object.entries({
  ...byteMutations,
  ...jsonMutations,
})

/** The same bodies for the same seed, without end: notifications of registries, changed once, and sometimes again. */
export function* hostileBodies(seed: number): Generator<HostileBody, never, undefined> {
  const random: Random = seededRandom(seed)
  const pick = new Pick(random)
  const seeds = [
    ...recordedBodies().map(({ body, contentType }) => ({ body, contentType })),
    ...goldenBodies().map(({ body }) => ({ body, contentType: 'application/json' })),
  ]
  while (true) {
    const { body: start, contentType } = pick.of(seeds)
    const rounds = pick.chance(0.25) ? 2 : 1
    let body = start
    const made: string[] = []
    for (let round = 0; round < rounds; round++) {
      const [name, mutation] = pick.of(mutations)
      body = mutation({ body, other: pick.of(seeds).body, pick })
      made.push(name)
    }
    yield { body, contentType, made: made.join(' + ') }
  }
}
