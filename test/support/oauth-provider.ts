import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A provider of tokens on this machine: `/token` by client credentials, and the keys of its signatures at `/jwks`. */
export class OAuthProvider {
  readonly #server: Server
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  readonly #id = randomUUID()
  /** What the client must send. */
  secret = 'first-secret'
  lifetimeSeconds = 3_600
  readonly asked: URLSearchParams[] = []

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const [status, answer] =
          request.url === '/jwks'
            ? [200, this.#jwks()]
            : this.#token(request.headers.authorization, Buffer.concat(chunks).toString())
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      })
    })
  }

  static async start(): Promise<OAuthProvider> {
    const provider = new OAuthProvider()
    await new Promise<void>((resolve) => provider.#server.listen(0, '127.0.0.1', resolve))
    return provider
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #token(authorization: string | undefined, body: string): [number, unknown] {
    this.asked.push(new URLSearchParams(body))
    const expected = `Basic ${Buffer.from(`relay:${this.secret}`).toString('base64')}`
    if (authorization !== expected) return [401, { error: 'invalid_client', error_description: 'no' }]
    const now = Math.floor(Date.now() / 1_000)
    const claims = {
      ...{ iss: 'registry-relay-tests', sub: 'relay', aud: 'kafka', scope: 'publish', jti: randomUUID() },
      ...{ iat: now, exp: now + this.lifetimeSeconds },
    }
    const signed = `${encode({ alg: 'RS256', typ: 'JWT', kid: this.#id })}.${encode(claims)}`
    const signature = createSign('RSA-SHA256')
      .update(signed)
      .sign(this.#keys.privateKey)
      .toString('base64url')
    const token = { access_token: `${signed}.${signature}`, token_type: 'Bearer' }
    return [200, { ...token, expires_in: this.lifetimeSeconds }]
  }

  #jwks(): unknown {
    const key = this.#keys.publicKey.export({ format: 'jwk' })
    return { keys: [{ ...key, kid: this.#id, use: 'sig', alg: 'RS256' }] }
  }
}
