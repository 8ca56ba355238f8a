import type { SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { Config } from '../config/config.ts'
import type { EndpointConfig } from '../config/endpoint-config.ts'
import { addressCheck } from '../http/address-rules.ts'
import type { TlsOptions } from '../http/connection-options.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import type { EndpointTarget } from '../operations/doctor/endpoint-checks.ts'
import type { ReachTls } from '../operations/doctor/reach.ts'
import type { NamedTarget } from '../operations/doctor/reach-check.ts'
import { presentOf } from '../present.ts'
import { readPem } from './client-tls.ts'
import { endpointOptions } from './endpoint-files.ts'

/** The addresses of brokers that are given. */
export function brokerTargets({ brokers, tls = false }: KafkaConnectionOptions): readonly NamedTarget[] {
  const secure = tls === false ? undefined : tls === true ? {} : presentOf(tls)
  return brokers.map((where) => {
    const colon = where.lastIndexOf(':')
    const host = where.slice(0, colon)
    return {
      where,
      host,
      port: Number(where.slice(colon + 1)),
      key: 'kafka.brokers',
      tlsKey: 'kafka.tls',
      tls: secure,
    }
  })
}

/** Where tokens for Kafka come from, if they do. @throws RelayError CONFIG_INVALID */
export function tokenTarget({ sasl }: Config['kafka']): NamedTarget | undefined {
  if (sasl?.mechanism !== 'oauthbearer') return undefined
  const { tokenUrl, caFile } = sasl
  const tls = caFile === undefined ? {} : { ca: readPem('kafka.sasl.caFile', caFile) }
  return {
    ...urlTarget(tokenUrl, { key: 'kafka.sasl.tokenUrl', tlsKey: 'kafka.sasl', tls }),
    mustAnswer: true,
  }
}

export function registryTargets({ url, tls }: SchemaRegistryOptions): readonly NamedTarget[] {
  const secure = tls === undefined ? {} : (presentOf(tls) ?? {})
  return [url].flat().map((one) => ({
    ...urlTarget(one, { key: 'schemaRegistry.url', tlsKey: 'schemaRegistry.tls', tls: secure }),
    mustAnswer: true,
  }))
}

const everywhere: readonly string[] = ['0.0.0.0/0', '::/0']

/** The endpoint, or the proxy on the way to it, which looks up names by itself. */
export function endpointTarget(config: EndpointConfig): EndpointTarget {
  const { name, url, proxy, addresses } = config
  const key = `bridge.endpoints.${name}`
  const check = addressCheck(addresses)
  return {
    name,
    proxied: proxy !== undefined,
    target: () => {
      // Refused there with words for the start of a bridge; on the way it is one finding among others.
      const options = endpointOptions({ ...config, addresses: { denyPrivate: false, allow: everywhere } })
      const way =
        proxy === undefined
          ? urlTarget(url, {
              ...{ key: `${key}.url`, tlsKey: `${key}.tls` },
              tls: reachTls(options.tls === undefined ? {} : presentOf(options.tls)),
            })
          : urlTarget(proxy.url, {
              ...{ key: `${key}.proxy.url`, tlsKey: `${key}.proxy` },
              tls: reachTls(options.proxy?.().tls ?? {}),
            })
      const { headPath, ...rest } = way
      // A proxy is asked for tunnels, and has no path.
      const target = proxy === undefined ? { ...rest, headPath } : rest
      return { ...target, where: `${name} (${way.where})`, denied: check }
    },
  }
}

function reachTls({ ca, cert, key, serverName }: TlsOptions): ReachTls {
  return { ca: ca === undefined || typeof ca === 'string' ? ca : [...ca], cert, key, servername: serverName }
}

/** Shown without path and query, which may hold a token. */
function urlTarget(
  text: string,
  { key, tlsKey, tls }: { readonly key: string; readonly tlsKey: string; readonly tls: ReachTls },
): NamedTarget {
  const { protocol, hostname, port, origin, pathname, search } = new URL(text)
  const secure = protocol === 'https:'
  return {
    where: origin,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    ...{ key, tlsKey },
    tls: secure ? tls : undefined,
    headPath: `${pathname}${search}`,
  }
}
