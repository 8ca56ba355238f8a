import kafkajs from 'kafkajs'
import { isRelayError, toError } from '../../errors.ts'
import type { KafkaToken } from '../connection.ts'

type Provider = kafkajs.Mechanism['authenticationProvider']

/**
 * SASL OAUTHBEARER (RFC 7628). kafkajs has one of its own, which does not read the answer: a broker that refuses a token says
 * so there and waits for a last word before it says "authentication failed", while kafkajs begins to send requests, and
 * all that is seen is a connection that was closed.
 */
export function oauthBearer(sasl: KafkaToken): Provider {
  return ({ host, port, logger, saslAuthenticate }) => ({
    async authenticate() {
      const token = await tokenOf(sasl)
      try {
        const challenge = await saslAuthenticate({
          request: message(`n,,\u0001auth=Bearer ${token}\u0001\u0001`),
          response,
        })
        if (!challenge) return
        await saslAuthenticate({ request: message('\u0001'), response })
        throw new Error(`the token is refused: ${challenge}`)
      } catch (error) {
        if (isNoAnswer(error)) throw error
        sasl.refused?.(token)
        const failed = failure(`SASL OAUTHBEARER authentication failed: ${toError(error).message}`)
        logger.error(failed.message, { broker: `${host}:${port}` })
        throw failed
      }
    },
  })
}

/** Nothing was said about the credentials: the connection broke, or the broker took too long. Neither is a kind of the other. */
export function isNoAnswer(error: unknown): error is Error {
  return (
    error instanceof kafkajs.KafkaJSConnectionError || error instanceof kafkajs.KafkaJSRequestTimeoutError
  )
}

/** In errors of kafkajs, which knows by their kind whether to try again. */
async function tokenOf(sasl: KafkaToken): Promise<string> {
  try {
    return await sasl.token()
  } catch (error) {
    const words = `no token for SASL OAUTHBEARER: ${toError(error).message}`
    throw isRelayError(error, 'KAFKA_CONFIGURATION')
      ? failure(words)
      : new kafkajs.KafkaJSConnectionError(words, {})
  }
}

/** Its type leaves the arguments out. */
const Failure = kafkajs.KafkaJSSASLAuthenticationError as unknown as new (message: string) => Error

function failure(message: string): Error {
  return new Failure(message)
}

/** The bytes with their length in front, as int32. */
function message(text: string): { encode: () => Buffer } {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return { encode: () => Buffer.concat([length, bytes]) }
}

/** The broker's words: nothing when it took the token, else JSON of RFC 7628. */
const response = {
  decode: (raw: Buffer): Buffer => raw.subarray(4),
  parse: (bytes: Buffer): string => bytes.toString('utf8'),
}
