import { subscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { machineTime } from './machine-time.ts'
import { begunHeader, type SaidJoin } from './member-config.ts'

/** Every request of this process tells when it was begun: the far end cannot know how long it was on its way. */
export function stampRequests(): void {
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: { addHeader(name: string, value: string): void } }
    request.addHeader(begunHeader, String(machineTime()))
  })
}

interface Group {
  readonly generationId: number
  assigned(): readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

interface GroupPrototype {
  joinAndSync(this: Group): Promise<void>
}

/**
 * Reports every join, with its generation: a member that was stopped in the middle of one finds an assignment of long ago.
 * To be called before the product puts its own hooks around the same method, which do more after a join.
 */
export function reportJoins(say: (join: SaidJoin) => void): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
    prototype: GroupPrototype
  }
  const { joinAndSync } = prototype
  prototype.joinAndSync = async function () {
    await joinAndSync.call(this)
    const partitions = this.assigned().flatMap((assigned) => assigned.partitions)
    say({ at: machineTime(), generation: this.generationId, partitions })
  }
}
