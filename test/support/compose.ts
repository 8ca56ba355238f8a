import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** The part of a service of docker-compose.yml that tests look at. */
export interface ComposeService {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_grace_period?: string
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

/** The services of a compose file in the root of the repository, by name. */
export function composeServices(file = 'docker-compose.yml'): Readonly<Record<string, ComposeService>> {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  return (parse(text, { merge: true }) as { services: Record<string, ComposeService> }).services
}
