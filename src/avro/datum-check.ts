/**
 * Measures a datum: the offset after it. Throws for bytes that are none. `end` is where the bytes stop.
 */
export type DatumMeasure = (bytes: Uint8Array, at: number, end: number) => number

/**
 * Walks over the bytes of a schema before avsc reads them, and refuses what is damaged.
 *
 * avsc reads beyond the end and looks afterwards; a list or map that claims 2^40 entries (one flipped bit is enough)
 * makes it allocate them first, and takes the process down with it. Here every length is held against the bytes that
 * are left, so time and memory stay below a small multiple of the record's size. Costs about 1 µs for an event.
 *
 * Refuses a list or map with more entries than bytes left, which only entries of no bytes (null, an empty record)
 * could have: no schema of ours has such.
 *
 * @throws Error for a text that is not an Avro schema.
 */
export function datumMeasureOf(text: string): DatumMeasure {
  return measureOf(JSON.parse(text), '', new Map())
}

type Names = Map<string, { measure: DatumMeasure }>

function measureOf(schema: unknown, namespace: string, names: Names): DatumMeasure {
  if (Array.isArray(schema)) return union(schema.map((branch) => measureOf(branch, namespace, names)))
  if (typeof schema === 'string') return ofName(schema, namespace, names)
  const type = schema as Record<string, unknown>
  const kind = type['type']
  if (kind === 'array') return blocks(measureOf(type['items'], namespace, names))
  if (kind === 'map') return blocks(sequence([text, measureOf(type['values'], namespace, names)]))
  if (kind !== 'record' && kind !== 'error' && kind !== 'enum' && kind !== 'fixed') {
    return measureOf(kind, namespace, names)
  }
  const own = typeof type['namespace'] === 'string' ? type['namespace'] : namespace
  const name = fullName(String(type['name']), own)
  // Entered before its fields are looked at: a field may name the record it is in.
  const entry: { measure: DatumMeasure } = { measure: (bytes, at, end) => entry.measure(bytes, at, end) }
  names.set(name, entry)
  if (kind === 'enum') entry.measure = index((type['symbols'] as unknown[]).length)
  else if (kind === 'fixed') entry.measure = fixed(Number(type['size']))
  else {
    const inside = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    const fields = type['fields'] as readonly { type: unknown }[]
    entry.measure = sequence(fields.map((field) => measureOf(field.type, inside, names)))
  }
  return entry.measure
}

function ofName(name: string, namespace: string, names: Names): DatumMeasure {
  const primitive = primitives[name]
  if (primitive !== undefined) return primitive
  const entry = names.get(fullName(name, namespace))
  if (entry === undefined) throw new Error(`the schema names a type that it does not define: ${name}`)
  return (bytes, at, end) => entry.measure(bytes, at, end)
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

/** Set by {@link varint}: the value it read. A field in place of a pair saves an allocation for each field of an event. */
let lastValue = 0

/** Zigzag in at most ten bytes; a value beyond 2^53 is inexact here, and too large for any length anyhow. */
const varint: DatumMeasure = (bytes, at, end) => {
  let zigzag = 0
  let unit = 1
  for (let i = at; i < at + 10; i += 1) {
    if (i >= end) throw new Error('the bytes end within a number')
    const byte = bytes[i] as number
    zigzag += (byte & 0x7f) * unit
    if (byte < 0x80) {
      lastValue = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
      return i + 1
    }
    unit *= 0x80
  }
  throw new Error('a number of more than ten bytes')
}

const text: DatumMeasure = (bytes, at, end) => {
  const start = varint(bytes, at, end)
  if (lastValue < 0 || lastValue > end - start) throw new Error('a text that is longer than the bytes left')
  return start + lastValue
}

function fixed(length: number): DatumMeasure {
  return (_, at, end) => {
    if (length > end - at) throw new Error('the bytes end within a value')
    return at + length
  }
}

const primitives: Readonly<Record<string, DatumMeasure>> = {
  null: (_, at) => at,
  boolean: fixed(1),
  int: varint,
  long: varint,
  float: fixed(4),
  double: fixed(8),
  bytes: text,
  string: text,
}

function index(count: number): DatumMeasure {
  return (bytes, at, end) => {
    const next = varint(bytes, at, end)
    if (lastValue < 0 || lastValue >= count) throw new Error(`a choice that is not one of ${count}`)
    return next
  }
}

function union(branches: readonly DatumMeasure[]): DatumMeasure {
  const choice = index(branches.length)
  return (bytes, at, end) => {
    const next = choice(bytes, at, end)
    return (branches[lastValue] as DatumMeasure)(bytes, next, end)
  }
}

function sequence(parts: readonly DatumMeasure[]): DatumMeasure {
  return (bytes, at, end) => {
    let next = at
    for (const part of parts) next = part(bytes, next, end)
    return next
  }
}

/** Blocks of entries until one of none; a negative count is followed by the length of the block in bytes. */
function blocks(entry: DatumMeasure): DatumMeasure {
  return (bytes, at, end) => {
    let next = varint(bytes, at, end)
    while (lastValue !== 0) {
      let count = lastValue
      if (count < 0) {
        count = -count
        next = varint(bytes, next, end)
      }
      if (count > end - next) throw new Error('a list or map with more entries than bytes left')
      for (; count > 0; count -= 1) next = entry(bytes, next, end)
      next = varint(bytes, next, end)
    }
    return next
  }
}
