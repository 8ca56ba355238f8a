// The model test of the spool at length, on a disk that loses all it may and fails where it can:
//
//   npm run test:spool-model -- --runs 1000000 [--seed N]
//
// Prints how far it is. A failure prints the shortest sequence of steps that shows it, and the seed.
import { parseArgs } from 'node:util'
import { checkSpoolModel } from '../test/unit/spool/spool-model.ts'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const runs = Number(values.runs ?? 100_000)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run test:spool-model -- [--runs N] [--seed N]')
  process.exit(2)
}

console.log(`seed ${seed}, ${runs} sequences`)
const started = performance.now()
const every = Math.max(1, Math.min(10_000, Math.floor(runs / 20)))
const { distinct } = await checkSpoolModel({
  seed,
  runs,
  onRun(count) {
    if (count % every !== 0) return
    const seconds = (performance.now() - started) / 1_000
    console.log(`${count} of ${runs}, ${Math.round(seconds)} s, ${Math.round(count / seconds)} a second`)
  },
})
console.log(`all ${runs} held, ${distinct} of them distinct`)
