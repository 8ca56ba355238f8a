import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runMaven } from '../../../src/local-stack/maven.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'

test('runs Maven with the Java that was chosen and reports what it fetched', async (t) => {
  const { folder, fetched, run } = await fakeMaven(
    t,
    `echo "Downloaded from central: https://x/a.jar (3 kB at 1 kB/s)"; echo "$JAVA_HOME $*" >"\${0%/*}/called"`,
  )
  await run
  assert.deepEqual(fetched.at(-1), 3000)
  assert.equal(
    await readFile(join(folder, 'called'), 'utf8'),
    '/the/java --file /a/pom.xml -Dstack.output=/nowhere -Dstyle.color=never generate-resources\n',
  )
})

test('a failure names the pom and shows the last lines of Maven', async (t) => {
  const { run } = await fakeMaven(t, 'echo "[ERROR] Could not transfer artifact"; exit 1')
  await assert.rejects(run, {
    code: 'REAL_PARTS_FAILED',
    message:
      /what \/a\/pom\.xml names: it ended with exit status 1\. .*\n {2}\[ERROR\] Could not transfer artifact$/s,
  })
})

test('a Maven that says nothing for three minutes is ended', async (t) => {
  const { clock, run, fetched } = await fakeMaven(t, 'echo hello; exec sleep 1000')
  await until(() => fetched.length > 0)
  const rejected = assert.rejects(run, { code: 'REAL_PARTS_FAILED', message: /it was silent for 180 s/ })
  await clock.advance(181_000)
  await rejected
})

async function fakeMaven(t: TestContext, script: string) {
  const folder = await mkdtemp(join(tmpdir(), 'fake-maven-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'mvn'), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, 'mvn'), 0o755)
  const clock = new ManualClock()
  const fetched: number[] = []
  const run = runMaven({
    pom: '/a/pom.xml',
    output: '/nowhere',
    javaHome: '/the/java',
    variables: { PATH: `${folder}:/usr/bin:/bin` },
    clock,
    onFetched: (bytes) => fetched.push(bytes),
  })
  return { folder, clock, fetched, run }
}
