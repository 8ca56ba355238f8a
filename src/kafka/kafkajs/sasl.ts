import { createRequire } from 'node:module'
import type kafkajs from 'kafkajs'
import { type Present, presentOf } from '../../present.ts'
import type { KafkaSasl } from '../connection.ts'
import { isNoAnswer, oauthBearer } from './oauth-bearer.ts'

type Provider = kafkajs.Mechanism['authenticationProvider']
type ProviderArguments = Parameters<Provider>[0]

const require = createRequire(import.meta.url)

type MakeProvider = (sasl: object) => Provider

// Each by its whole name, so that the bundle of the command has them.
const builtIn = {
  plain: () => require('kafkajs/src/broker/saslAuthenticator/plain') as MakeProvider,
  'scram-sha-256': () => require('kafkajs/src/broker/saslAuthenticator/scram256') as MakeProvider,
  'scram-sha-512': () => require('kafkajs/src/broker/saslAuthenticator/scram512') as MakeProvider,
} as const

/**
 * SASL for kafkajs with the credentials of now: asked for at each authentication, which kafkajs makes at every new connection
 * and before the session on an old one ends.
 *
 * Left alone, kafkajs writes an authenticator into the `sasl` object that it is given, and keeps it with the password of then;
 * an object that brings its own, as this one does, is used as it is.
 */
export function presentSasl(sasl: Present<KafkaSasl>): kafkajs.Mechanism {
  const { mechanism } = presentOf(sasl)
  return {
    mechanism,
    authenticationProvider: (given) => ({
      authenticate: () => authenticate(presentOf(sasl), given),
    }),
  }
}

/**
 * kafkajs makes "authentication failed" of whatever goes wrong on the way, also of a connection that breaks: that one is
 * told as it was, because it is tried again soon and nobody has to look at passwords.
 */
async function authenticate(sasl: KafkaSasl, given: ProviderArguments): Promise<void> {
  let broken: Error | undefined
  const saslAuthenticate: ProviderArguments['saslAuthenticate'] = async (exchange) => {
    try {
      return await given.saslAuthenticate(exchange)
    } catch (error) {
      if (isNoAnswer(error)) broken = error
      throw error
    }
  }
  try {
    await providerOf(sasl)({ ...given, saslAuthenticate }).authenticate()
  } catch (error) {
    throw broken ?? error
  }
}

function providerOf(sasl: KafkaSasl): Provider {
  if (sasl.mechanism === 'oauthbearer') return oauthBearer(sasl)
  const make = builtIn[sasl.mechanism]()
  return make({ username: sasl.username, password: sasl.password })
}
