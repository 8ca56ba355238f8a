import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { VolatileDisk } from './volatile-disk.ts'

const steps = fc.array(fc.constantFrom('append', 'pending', 'read', 'ack', 'crash'), { maxLength: 40 })

test('through any appends, reads, acks and power cuts nothing confirmed is lost, doubled within a run or out of order', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
      async (run, chances) => {
        const disk = new VolatileDisk()
        let pid = 0
        const open = (): Promise<FileSpool> => {
          pid += 1
          const processes = { pid, isAlive: (other: number) => other === pid, startedAt: () => undefined }
          return FileSpool.open({ folder: '/spool', disk, processes, segmentBytes: 150, memoryBytes: 20 })
        }
        let spool = await open()
        let made = 0
        const confirmed = new Set<number>()
        let acked = -1
        let last = -1
        let lastSequence = -1
        for (const step of [...run, 'crash']) {
          if (step === 'append' || step === 'pending') {
            const number = made++
            const done = spool.append(Buffer.from(String(number))).then(() => confirmed.add(number))
            done.catch(() => {})
            if (step === 'append') await done
          } else if (step === 'ack' && lastSequence >= 0) {
            await spool.ack(lastSequence)
            acked = Math.max(acked, last)
          } else if (step === 'read' || step === 'crash') {
            if (step === 'crash') {
              disk.crash(() => Number(chances.next().value))
              spool = await open()
              last = -1
              lastSequence = -1
            }
            const wanted = [...confirmed].filter((number) => number > Math.max(acked, last))
            if (wanted.length === 0) continue
            const numbers: number[] = []
            const target = Math.max(...wanted)
            while (Math.max(-1, ...numbers) < target) {
              for (const record of await spool.read({ records: 9, bytes: 999 })) {
                numbers.push(Number(record.content))
                lastSequence = record.sequence
              }
            }
            assert.deepEqual(
              numbers,
              [...new Set(numbers)].sort((a, b) => a - b),
            )
            for (const number of wanted) assert.ok(numbers.includes(number), `lost ${number}`)
            assert.ok(numbers.every((number) => number < made))
            last = numbers.at(-1) ?? last
            assert.equal(spool.state().badRecords, 0)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})
