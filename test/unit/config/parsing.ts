import assert from 'node:assert/strict'
import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret, secretText } from '../../../src/config/secret.ts'
import { isRelayError } from '../../../src/errors.ts'

/** Two lines, so that what a test adds begins at line 3. */
export const minimal =
  'kafka: { brokers: "127.0.0.1:9092" }\nschemaRegistry: { url: "http://127.0.0.1:8081" }\n'

/** `files` by the path that the configuration names. */
export function parse(
  text: string,
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): Config {
  return parseConfig(text, {
    fileName: 'relay.yaml',
    environment,
    readSecret(path) {
      const content = files[path]
      if (content === undefined) throw new Error(`no such file: ${path}`)
      return new Secret(secretText(content), `/folder/${path}`)
    },
  })
}

/** What is wrong with the text, line by line. */
export function findings(
  text: string,
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): string[] {
  try {
    parse(text, environment, files)
  } catch (error) {
    assert.ok(isRelayError(error, 'CONFIG_INVALID'))
    return error.message.split('\n')
  }
  assert.fail('the configuration was accepted')
}
