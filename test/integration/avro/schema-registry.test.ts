import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { eventSchemaOf, registryEventSchema } from '../../../src/avro/event-schema.ts'
import { checkSchema, incompatibilities } from '../../../src/avro/schema-check.ts'
import { schemaDiff } from '../../../src/avro/schema-diff.ts'
import { RegisteredSchemaIds } from '../../../src/avro/schema-ids.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { frame } from '../../../src/avro/wire-format.ts'
import { isRelayError, type RelayError } from '../../../src/errors.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { until } from '../../support/until.ts'
import { schemaCases } from '../../unit/avro/schema-changes.ts'
import { registryChoices } from './registries.ts'

const { text, fingerprint } = registryEventSchema

/** A registry may be shared and keep what it is given: every run has subjects of its own. */
const subjectOf = (name: string): string => `${name}-${randomUUID()}-value`

/** The same with one more field of the record, so that the text is new to the registry. */
function withField(name: string, type: unknown): string {
  const schema = JSON.parse(text)
  schema.fields.push({ name, type, default: null, doc: 'New.' })
  return JSON.stringify(schema)
}

/** What the registry says about the level of a subject. Some say NONE where none is set, so it is compared, not read. */
async function levelOf(stack: LocalStack, subject: string): Promise<unknown> {
  const response = await fetch(`${stack.schemaRegistryUrl}/config/${encodeURIComponent(subject)}`)
  const { compatibilityLevel, error_code } = (await response.json()) as Record<string, unknown>
  return { status: response.status, compatibilityLevel, error_code }
}

/** Registers without our client or the package. */
async function plainRegister(stack: LocalStack, subject: string): Promise<void> {
  const response = await fetch(
    `${stack.schemaRegistryUrl}/subjects/${encodeURIComponent(subject)}/versions`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema: text }),
    },
  )
  assert.equal(response.status, 200)
}

const { choices, ran } = await registryChoices()

for (const { name, options } of choices)
  test(`against ${name}`, async (t) => {
    const stack = await startLocalStack(options)
    t.after(() => stack.stop())
    t.diagnostic(ran)
    const start = (inner: TestContext): SchemaRegistryClient => {
      const client = new SchemaRegistryClient({ url: stack.schemaRegistryUrl })
      inner.after(() => client.close())
      return client
    }

    await t.test(
      'registers, finds and reads the shipped schema, and leaves the level of the subject alone',
      async (inner) => {
        const client = start(inner)
        const subject = subjectOf('fresh')
        const untouched = subjectOf('untouched')
        await plainRegister(stack, untouched)
        await assert.rejects(client.lookup(subject, text), (error) =>
          isRelayError(error, 'SCHEMA_NOT_REGISTERED'),
        )
        const id = await client.register(subject, text)
        assert.equal(await client.register(subject, text), id)
        assert.equal(await client.lookup(subject, text), id)
        assert.equal(
          eventSchemaOf(await client.schemaById(id))
            .type.fingerprint()
            .equals(registryEventSchema.type.fingerprint()),
          true,
        )
        assert.deepEqual(await levelOf(stack, subject), await levelOf(stack, untouched))
      },
    )

    await t.test(
      'registers under a subject that has a level, keeps it, and is refused by it',
      async (inner) => {
        const client = start(inner)
        const subject = subjectOf('strict')
        await client.register(subject, text)
        await client.setCompatibilityLevel(subject, 'FULL_TRANSITIVE')
        const before = await levelOf(stack, subject)
        const appended = withField(`later_${randomUUID().slice(0, 8)}`, ['null', 'string'])
        assert.equal((await client.check(subject, appended)).compatible, true)
        await client.register(subject, appended)
        assert.equal(await client.compatibilityLevel(subject), 'FULL_TRANSITIVE')
        assert.deepEqual(await levelOf(stack, subject), before)

        const retyped = text.replace('["null","int"]', '["null","string"]')
        assert.equal((await client.check(subject, retyped)).compatible, false)
        await assert.rejects(client.register(subject, retyped), (error) =>
          isRelayError(error, 'SCHEMA_INCOMPATIBLE'),
        )
        await assert.rejects(client.lookup(subject, retyped), (error) =>
          isRelayError(error, 'SCHEMA_NOT_REGISTERED'),
        )
      },
    )

    await t.test('a record framed with the id is read back through the registry', async (inner) => {
      const client = start(inner)
      const ids = new RegisteredSchemaIds({ registry: client, subject: subjectOf('topic'), mode: 'register' })
      inner.after(() => ids.close())
      const id = await ids.idOf(fingerprint)
      const decoder = new EventDecoder({ registry: client })
      const value = frame(id, encodeStoredEvent({ event: { id: 'an id', target: { size: 2n ** 60n } } }))
      const record = await decoder.decode(value)
      assert.deepEqual(record.event, { id: 'an id', target: { size: 2n ** 60n } })
      assert.equal(record.schemaId, id)
      assert.equal(decoder.decode(value) instanceof Promise, false)
    })

    await t.test('look-up waits until somebody has registered the schema', async (inner) => {
      const client = start(inner)
      const subject = subjectOf('waits')
      const ids = new RegisteredSchemaIds({ registry: client, subject, mode: 'lookup' })
      inner.after(() => ids.close())
      const waiting = ids.idOf(fingerprint)
      const id = await client.register(subject, text)
      assert.equal(await waiting, id)
    })

    await t.test(
      'S7: refuses by each level what readers could not read, and says why, as we would',
      async (inner) => {
        const client = start(inner)
        for (const level of ['BACKWARD', 'FULL_TRANSITIVE', 'FORWARD']) {
          for (const { name: change, before, after, backward, forward } of schemaCases) {
            const subject = subjectOf('rules')
            await client.register(subject, before)
            await client.setCompatibilityLevel(subject, level)
            const check = await checkSchema(client, subject, after)
            const compatible = (level === 'FORWARD' || backward) && (level === 'BACKWARD' || forward)
            assert.equal(check.compatible, compatible, `${level}: ${change}`)
            assert.equal(check.reasons.length > 0, !compatible, `${level}: ${change}: ${check.reasons}`)
            const ours = incompatibilities(level, after, [{ version: 1, text: before }])
            assert.equal(ours.length > 0, !compatible, `${level}: ${change}: ${ours}`)
            if (compatible) await client.register(subject, after)
            else {
              await assert.rejects(client.register(subject, after), (error) =>
                isRelayError(error, 'SCHEMA_INCOMPATIBLE'),
              )
            }
          }
        }
      },
    )

    await t.test(
      'S7: in register mode a refusal is said, looking up uses what is registered',
      async (inner) => {
        const client = start(inner)
        const subject = subjectOf('refused')
        const retyped = text.replace('["null","int"]', '["null","string"]')
        const first = await client.register(subject, retyped)
        await client.setCompatibilityLevel(subject, 'FULL_TRANSITIVE')
        const refused: RelayError[] = []
        const onRefused = (error: RelayError): void => void refused.push(error)
        const ids = new RegisteredSchemaIds({ registry: client, subject, mode: 'register', onRefused })
        inner.after(() => ids.close())
        await until(() => refused.length > 0)
        assert.equal(refused[0]?.code, 'SCHEMA_INCOMPATIBLE')
        assert.match(ids.readiness().reason ?? '', /incompatible/i)

        const lookup = new RegisteredSchemaIds({
          registry: client,
          subject,
          mode: 'lookup',
          schemas: [eventSchemaOf(retyped)],
        })
        inner.after(() => lookup.close())
        assert.equal(await lookup.idOf(eventSchemaOf(retyped).fingerprint), first)
      },
    )

    await t.test(
      'versions are listed, and one that says the same with other documentation is ours',
      async (inner) => {
        const client = start(inner)
        const subject = subjectOf('versions')
        assert.deepEqual(await client.versions(subject), [])
        assert.equal(await client.latest(subject), undefined)
        const bare = JSON.stringify(
          JSON.parse(text),
          (key, value) => (key === 'doc' || key === 'json' ? undefined : value),
          2,
        )
        const id = await client.register(subject, bare)
        const appended = await client.register(subject, withField('later', ['null', 'string']))
        assert.deepEqual(await client.versions(subject), [1, 2])
        const latest = await client.latest(subject)
        assert.deepEqual([latest?.version, latest?.id], [2, appended])
        assert.deepEqual(schemaDiff(latest?.text ?? '', withField('later', ['null', 'string'])), [])
        assert.equal((await client.version(subject, 1))?.id, id)
        assert.equal(await client.version(subject, 3), undefined)
        assert.equal(await client.lookup(subject, text), id)
        // None is set for the subject, and the one for all holds; Apicurio 2 cannot be asked for it.
        const holds = name === 'Apicurio 2' ? 'NONE' : 'BACKWARD'
        assert.equal(await client.levelThatHolds(subject), holds)
      },
    )

    await t.test('an id that nobody has is unknown, for now', async (inner) => {
      const client = start(inner)
      await assert.rejects(
        client.schemaById(2_000_000_000),
        (error) => isRelayError(error, 'SCHEMA_UNKNOWN') && error.retriable,
      )
    })
  })
