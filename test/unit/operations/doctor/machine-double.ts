import type { MachinePort } from '../../../../src/operations/doctor/machine.ts'

/** A machine on which all is well; `more` says what is not. */
export function machine(more: Partial<MachinePort> = {}): MachinePort {
  return {
    nodeVersion: 'v20.19.0',
    uid: 1_000,
    openFilesLimit: async () => 65_536,
    inspect: async () => ({ uid: 1_000 }),
    space: async () => ({ freeBytes: 1024 ** 4, special: undefined }),
    syncTimes: async (_folder, appends) => Array.from({ length: appends }, () => 1),
    readText: async () => undefined,
    tryListening: async () => 'free',
    ask: async () => undefined,
    ...more,
  }
}
