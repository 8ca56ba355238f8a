import type { ConfigRemark } from '../../config/advice.ts'
import { findingLine } from '../../config/findings.ts'
import { type Check, ok } from './check.ts'

/**
 * A configuration that can be used, and what is worth knowing about it.
 *
 * @param source how it is named
 */
export function configCheck(source: string, remarks: readonly ConfigRemark[]): Check {
  return {
    ...{ name: 'configuration', part: 'config', otherwise: 'the configuration is wrong' },
    run: async () => [
      ok(`${source} is valid`),
      // What to do stands in the sentence.
      ...remarks.map(({ level, ...remark }) => ({ state: level, text: findingLine(remark) })),
    ],
  }
}
