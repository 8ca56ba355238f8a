import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MavenOutput } from '../../../src/local-stack/maven-output.ts'

test('adds what is done to what is under way, in several transfers at once', () => {
  const output = new MavenOutput()
  output.write('Downloading from central: https://repo.example/a.pom\n')
  output.write('Downloaded from central: https://repo.example/a.pom (12 kB at 46 kB/s)\n')
  output.write('Progress (2): 4.1/12 kB | 60/159 MB\r')
  assert.equal(output.bytes, 12_000 + 4100 + 60_000_000)
})

test('forgets the transfers under way when one of them is done, and learns of the others again', () => {
  const output = new MavenOutput()
  output.write('Progress (2): 12 kB | 60/159 MB\r                       \r')
  output.write('Downloaded from central: https://repo.example/a.jar (12 kB at 1.0 MB/s)\n')
  output.write('Progress (1): 61/159 MB\r')
  assert.equal(output.bytes, 61_012_000)
})

test('counts finished transfers when Maven shows no progress', () => {
  const output = new MavenOutput()
  output.write(
    '[INFO] Downloaded from mirror: https://repo.example/a.tar.gz (159 MB at 22 MB/s)\n[INFO] done\n',
  )
  output.write('[INFO] Downloaded from mirror: https://repo.example/b.jar (950 B at 9 kB/s)\n')
  assert.equal(output.bytes, 159_000_950)
})

test('reads output that the pipe cut in the middle of a line', () => {
  const output = new MavenOutput()
  for (const letter of 'Downloaded from central: https://x/a.jar (1.5 MB at 2 MB/s)\n') output.write(letter)
  assert.equal(output.bytes, 1_500_000)
})
