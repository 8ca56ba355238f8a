import { bearerTokenProblem } from '../config/bearer-token.ts'
import type { CredentialConfig } from '../config/gateway-config.ts'
import { RelayError } from '../errors.ts'
import { presentText, secretFiles } from './held-files.ts'
import type { FileTexts } from './watched-files.ts'

/**
 * The values of the Authorization header that let a sender in; `texts`: what files of secrets say by now.
 *
 * @throws RelayError CONFIG_INVALID when a file by now holds what no sender could send
 */
export function authorizationValues(
  credentials: readonly CredentialConfig[],
  texts: FileTexts = new Map(),
): readonly string[] {
  return credentials.map((credential) => {
    if ('bearer' in credential) return `Bearer ${tokenOf(presentText(credential.bearer, texts))}`
    const { username, password } = credential
    return `Basic ${Buffer.from(`${username}:${presentText(password, texts)}`, 'utf8').toString('base64')}`
  })
}

function tokenOf(text: string): string {
  const problem = bearerTokenProblem(text)
  if (problem !== undefined)
    throw new RelayError('CONFIG_INVALID', `gateway.credentials: the token ${problem}`)
  return text
}

/** The files that secrets of credentials came from, with what they said. */
export function credentialFiles(credentials: readonly CredentialConfig[]): FileTexts {
  return secretFiles(
    credentials.map((credential) => ('bearer' in credential ? credential.bearer : credential.password)),
  )
}
