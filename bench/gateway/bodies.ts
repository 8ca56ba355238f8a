import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordedBodies } from '../../test/support/notification-fixtures.ts'

export interface Bodies {
  /** One notification in each; the load tool takes turns, and gives each event an id and a repository of its own. */
  readonly files: readonly string[]
  readonly contentType: string
  readonly all: readonly Buffer[]
}

/**
 * What a Distribution 3.1.1 sent while an image was pushed, pulled, mounted and tagged: blobs and manifests, in the mix in
 * which they came. Without notifications that carry more than the rival's mapping keeps (references, GitLab's members).
 */
export function recordedMix(folder: string): Bodies {
  const ordinary = /^(01|02|03|05|09|10|11|22)-/
  const recorded = recordedBodies().filter(
    ({ set, scenario }) => set === 'distribution-3.1.1' && ordinary.test(scenario),
  )
  const [first] = recorded
  if (first === undefined) throw new Error('no recorded bodies')
  mkdirSync(folder, { recursive: true })
  const files = recorded.map(({ body }, n) => {
    const file = join(folder, `body-${n}.json`)
    writeFileSync(file, body)
    return file
  })
  return { files, contentType: first.contentType, all: recorded.map(({ body }) => body) }
}
