import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { saysTheSame } from '../../../src/avro/schema-form.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { until } from '../../support/until.ts'
import { type FramedRecord, framedRecords } from '../framed-records.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { lasting } from './pace.ts'
import { told } from './told.ts'

type Ends = ReadonlyMap<number, number>

/** What is known of the ids of a run. */
interface Move {
  readonly oldId: number
  readonly newId: number
  /** Of the topic when the registry had lost its storage. */
  readonly wiped: Ends
  /** Of the topic when the loss was noticed, and what was under way had arrived. */
  readonly noticed: Ends
}

const moves = new WeakMap<Stage, Move>()
const topicRecords = new WeakMap<Stage, readonly FramedRecord[]>()

async function withClient<T>(
  { cluster }: Stage,
  use: (client: SchemaRegistryClient) => Promise<T>,
): Promise<T> {
  const client = new SchemaRegistryClient({ url: cluster.direct.schemaRegistryUrl, timeoutMs: 20_000 })
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

/** As the operator does, who alone registers here. */
function registerOurs(stage: Stage): Promise<number> {
  return withClient(stage, (client) => client.register(`${stage.topic}-value`, registryEventSchema.text))
}

/** Until the old id, at least, belongs to another schema. */
function registerOthers(stage: Stage, oldId: number): Promise<void> {
  return withClient(stage, async (client) => {
    for (let id = 0, number = 0; id < oldId; number += 1) {
      const name = `Other${number}`
      id = await client.register(name, JSON.stringify({ type: 'record', name, fields: [] }))
    }
  })
}

/** Resolves when nothing more was published for a second: what was framed with the old id has arrived. */
async function quiet(stage: Stage): Promise<void> {
  let seen = -1
  await until(
    async () => {
      if (seen === stage.published()) return true
      seen = stage.published()
      await lasting(1)
      return false
    },
    { ms: 30_000, what: () => 'records go on being published without an id' },
  )
}

const s4: Scenario = {
  name: 'S4',
  title:
    'the schema registry loses its storage under load, gives our id to another schema, and ours another id',
  seconds: 10,
  // So that there is a time in which nobody has registered it, and what is written then can be told from the rest.
  schemaRegistry: { mode: 'lookup' },
  async before(stage) {
    await registerOurs(stage)
  },
  async faults(stage) {
    const { cluster, history, topic } = stage
    await until(() => history.acked >= 200 && stage.published() > 0)
    const oldId = await registerOurs(stage)
    stage.fault('registry killed and its storage wiped')
    await cluster.registry.kill()
    await cluster.wipeRegistry()
    const wiped = await cluster.ends(topic)
    const began = performance.now()
    await cluster.registry.start()
    const up = performance.now()
    stage.fault('other schemas registered, up to our old id')
    await registerOthers(stage, oldId)
    await until(() => stage.said(/has another schema under our id/) > 0, {
      ms: 30_000,
      what: () => 'nobody notices that our id is gone',
    })
    await told(stage, /has no schema at .*; register it: registry-relay schema register/)
    await quiet(stage)
    const noticed = await cluster.ends(topic)
    const published = stage.published()
    await lasting(2)
    if (stage.published() > published) stage.problem('records were published while there was no id')
    const newId = await registerOurs(stage)
    await until(() => stage.published() > published, {
      ms: 30_000,
      what: () => 'nothing is published with the new id',
    })
    moves.set(stage, { oldId, newId, wiped, noticed })
    stage.remark(`registry back ${seconds(up - began)} s after the wipe, id ${oldId} became ${newId}`)
    await lasting(stage.seconds)
  },
  async read(stage) {
    const records = await framedRecords(stage.cluster.direct, stage.topic)
    topicRecords.set(stage, records)
    return records
  },
  async judge(stage, { violations }) {
    const move = moves.get(stage)
    if (move !== undefined) await judgeIds(stage, move, topicRecords.get(stage) ?? [])
    return violations
  },
}

async function judgeIds(stage: Stage, move: Move, records: readonly FramedRecord[]): Promise<void> {
  const { oldId, newId, wiped, noticed } = move
  if (oldId === newId) stage.problem(`id ${oldId} did not move: the run proves nothing`)
  const after = records.filter((record) => isFrom(noticed, record))
  const between = records.filter((record) => isFrom(wiped, record) && !isFrom(noticed, record))
  const meaning = await meaningOf(
    stage,
    after.map(({ schemaId }) => schemaId),
  )
  const wrong = after.filter(({ schemaId }) => !meaning.get(schemaId))
  if (after.length === 0) stage.problem('no record was written after the loss was noticed')
  if (wrong.length > 0)
    stage.problem(`${wrong.length} of ${after.length} records after the notice have an id of another schema`)
  const old = between.filter(({ schemaId }) => schemaId === oldId).length
  stage.remark(
    `${old} records with the old id between wipe and notice, ${after.length} after it, ${wrong.length} of them wrong`,
  )
}

/** Of each id: whether it leads to our schema. */
async function meaningOf(stage: Stage, ids: readonly number[]): Promise<ReadonlyMap<number, boolean>> {
  return withClient(stage, async (client) => {
    const meaning = new Map<number, boolean>()
    for (const id of new Set(ids)) {
      const text = await client.schemaById(id).catch(() => '')
      meaning.set(id, saysTheSame(text, registryEventSchema.text))
    }
    return meaning
  })
}

function isFrom(ends: Ends, { partition, offset }: FramedRecord): boolean {
  return offset >= (ends.get(partition) ?? 0)
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}

export const registryWiped: readonly Scenario[] = [s4]
