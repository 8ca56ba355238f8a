import { readFile, writeFile } from 'node:fs/promises'
import { freePorts } from './free-ports.ts'

/**
 * Free ports as {@link freePorts} finds them, and of those that `file` has from the last time all that are free now: what
 * was told of an address then can stay as it is. The file has the new ones afterwards.
 */
export async function portsAsBefore(file: string, count: number): Promise<readonly number[]> {
  const ports = await freePorts(count, await portsIn(file))
  await writeFile(file, JSON.stringify(ports))
  return ports
}

/** None where there is no such file, or one that somebody else wrote. */
async function portsIn(file: string): Promise<readonly number[]> {
  try {
    const ports: unknown = JSON.parse(await readFile(file, 'utf8'))
    return Array.isArray(ports) && ports.every(isPort) ? ports : []
  } catch {
    return []
  }
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536
}
