const units: Readonly<Record<'ms' | 'bytes', readonly (readonly [number, string])[]>> = {
  ms: [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ],
  bytes: [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ],
}

/** Kafka has no word for it: the largest long. */
const noLimit: ReadonlySet<string> = new Set(['-1', '9223372036854775807'])

/** A value of Kafka, and behind it what people read of it: `1209600000 (14 d)`. */
export function settingText(setting: string, value: string): string {
  const unit = /\.(ms|bytes)$/.exec(setting)?.[1] as 'ms' | 'bytes' | undefined
  if (unit === undefined || !/^-?\d+$/.test(value)) return value
  if (noLimit.has(value)) return `${value} (no limit)`
  const number = Number(value)
  const found = units[unit].find(([size]) => number >= size)
  if (found === undefined) return value
  const [size, name] = found
  return `${value} (${Number((number / size).toFixed(1))} ${name})`
}
