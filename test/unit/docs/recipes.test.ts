import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipeBlock } from '../../support/recipe.ts'

const folder = 'docs/recipes'
const pages = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md')
const read = (path: string): string => readFileSync(path, 'utf8')

for (const page of pages) {
  const text = read(join(folder, page))

  test(`${page} says on top whether it is run, and its command runs it`, () => {
    const [, , claim = ''] = text.split('\n')
    assert.match(claim, /^> (Run|Not run) /)
    const [, recipe] = /`npm run test:recipes -- ([\w-]+)`/.exec(claim) ?? []
    if (recipe !== undefined) assert.ok(existsSync(`test/recipes/${recipe}.recipe.ts`), `no recipe ${recipe}`)
  })

  test(`the properties in ${page} are a key and a value each, no key twice`, () => {
    for (const [, block = ''] of text.matchAll(/^```properties .+\n([\s\S]*?)^```$/gm)) {
      const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      const keys = lines.map((line) => /^([\w.-]+)=\S/.exec(line)?.[1] ?? assert.fail(line))
      assert.deepEqual(keys, [...new Set(keys)])
    }
  })
}

for (const [page, file, pattern] of [
  ['flink-sql', 'examples/recipes/flink/pom.xml', /flink<\/artifactId>\s*<version>(.+)</],
  ['flink-sql', 'examples/recipes/flink/pom.xml', /connector-kafka<\/artifactId>\s*<version>(.+)</],
  ['kafka-connect', 'examples/recipes/kafka-connect/pom.xml', /kafka-connect<\/artifactId>\s*<version>(.+)</],
  ['kafka-connect', 'examples/recipes/kafka-connect/pom.xml', /converter<\/artifactId>\s*<version>(.+)</],
  ['spark', 'examples/recipes/spark/pom.xml', /spark<\/artifactId>\s*<version>(.+)</],
  ['spark', 'test/support/python-spark-requirements.txt', /pyspark==(.+)/],
  ['clickhouse', 'test/support/python-clickhouse-requirements.txt', /chdb-core==(.+)/],
  ['python', 'test/support/python-requirements.txt', /confluent-kafka\S*==(.+)/],
] as const) {
  test(`${page}.md names the version that ${file} brings: ${pattern.source}`, () => {
    const version = pattern.exec(read(file))?.[1] ?? assert.fail('no version')
    assert.ok(
      read(join(folder, `${page}.md`))
        .split('\n')[2]
        ?.includes(version),
      version,
    )
  })
}

test('a block that is not there, or lacks what is to be replaced, is an error', () => {
  assert.throws(() => recipeBlock('python', 'nothing.py'), /python\.md has 0 blocks "nothing\.py"/)
  assert.throws(
    () => recipeBlock('ksqldb', 'ksqlDB query', { 'kafka:9092': 'x' }),
    /does not have kafka:9092/,
  )
})

test('the recipe for Distribution 3 is that for Distribution 2, as far as the registry goes', () => {
  assert.equal(
    recipeBlock('distribution-3', 'Distribution 3'),
    recipeBlock('distribution-2', 'Distribution 2'),
  )
})
