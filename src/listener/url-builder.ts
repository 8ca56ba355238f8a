import { RelayError } from '../errors.ts'
import { isDigest } from './digest.ts'
import { type Forwarded, parseForwarded } from './forwarded-header.ts'
import { firstLine, hostOf, type IncomingRequest, isTls, socketAddress } from './incoming-request.ts'
import { type TrustedProxies, trustCheck } from './trusted-proxies.ts'

/** Addresses of content, for `target.url`. */
export interface URLBuilder {
  /**
   * @param reference digest or tag; events always name the digest
   * @throws RelayError EVENT_INVALID for what cannot be the path of a repository, a digest or a tag
   */
  buildManifestURL(repository: string, reference: string): string
  /** @throws RelayError EVENT_INVALID for what cannot be the path of a repository, or a digest */
  buildBlobURL(repository: string, digest: string): string
}

export interface URLBuilderOptions {
  /**
   * The outside address of the registry, `https://registry.example.test/` (`http.host` in a registry's configuration).
   * A path prefix must end with a slash: what stands behind the last one is dropped.
   */
  readonly host?: string
  /** Where the address is taken from without `host`: its `Host`, or what a proxy says it was. */
  readonly request?: IncomingRequest
  /** Only paths, `/v2/…`: no host and no prefix. Default false. */
  readonly relativeUrls?: boolean
  /**
   * Proxies whose `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed. Left out: everybody's, as
   * registries do; then any client decides where the URLs of its events point to. A proxy must replace what the client
   * sent of these headers: where it appends, the client's part is the first, and the first is taken.
   */
  readonly trustedProxies?: TrustedProxies
}

/**
 * Absolute URLs on `host` if that is given, else on the address that the client used. Without either they are paths.
 *
 * @throws RelayError CONFIG_INVALID for a `host` that is no URL or holds credentials, which every event would show
 */
export function newURLBuilder(options: URLBuilderOptions): URLBuilder {
  const root = rootOf(options)
  const build = (repository: string, kind: string, reference: string): string =>
    `${root}v2/${checkedName(repository)}/${kind}/${checkedReference(reference)}`
  return {
    buildManifestURL: (repository, reference) => build(repository, 'manifests', reference),
    buildBlobURL: (repository, digest) => build(repository, 'blobs', digest),
  }
}

/** Everything before `v2/`, ending with a slash. */
function rootOf({ host, request, relativeUrls = false, trustedProxies }: URLBuilderOptions): string {
  if (relativeUrls) return '/'
  if (host !== undefined && host !== '') return rootOfHost(host)
  if (request === undefined) return '/'
  const forwarded =
    trustedProxies === undefined || trustCheck(trustedProxies)(socketAddress(request))
      ? forwardedAddress(request)
      : {}
  const scheme = forwarded.scheme ?? (isTls(request) ? 'https' : 'http')
  const authority = forwarded.authority ?? authorityOf(hostOf(request))
  return authority === undefined ? '/' : `${scheme}://${authority}${prefixOf(request.url)}`
}

// Not by the URL class: it lower-cases and drops the default port, and registries print the host as it is configured.
function rootOfHost(host: string): string {
  const [, scheme, authority = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([^?#]*)/i.exec(host) ?? []
  if (scheme === undefined || authorityOf(authority) === undefined) {
    throw new RelayError(
      'CONFIG_INVALID',
      'The host of a registry must be a URL with scheme and host and without credentials, like https://registry.example.test/.',
    )
  }
  return `${scheme}://${authority}${path.slice(0, path.lastIndexOf('/') + 1) || '/'}`
}

/**
 * The standard header wins; where it is given the others are not looked at, even if it says nothing of use. What is no
 * scheme or no host is passed over, because a header must not be able to keep an event from being written.
 */
function forwardedAddress(request: IncomingRequest): { scheme?: string; authority?: string } {
  const standard = firstLine(request, 'forwarded')
  const said: Forwarded =
    standard === ''
      ? {
          proto: firstElement(firstLine(request, 'x-forwarded-proto')),
          host: firstElement(firstLine(request, 'x-forwarded-host')),
        }
      : parseForwarded(standard)
  const authority = authorityOf(said.host)
  const isScheme = /^[a-z][a-z0-9+.-]*$/i.test(said.proto ?? '')
  return {
    ...(isScheme && { scheme: said.proto }),
    ...(authority !== undefined && { authority }),
  }
}

// Each proxy appends what it was asked for: the first is what the client asked for.
function firstElement(list: string): string {
  return (list.split(',', 1)[0] ?? '').trim()
}

/** Host and port, if the text is that: no user, no path, nothing that would end the host early. */
function authorityOf(text: string | undefined): string | undefined {
  return text !== undefined && /^(?:[\w.~!$&'()*+,;=%-]+|\[[\w:.%]+\])(?::\d*)?$/.test(text)
    ? text
    : undefined
}

/** The path before `/v2/`, where a proxy serves the registry below a prefix; ends with a slash. */
function prefixOf(url = ''): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  const at = path.indexOf('/v2/')
  return at > 0 ? path.slice(0, at + 1) : '/'
}

/** A path component, or the whole of the host that may stand first; the grammar of image references. */
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const domain = '(?:[a-zA-Z0-9][a-zA-Z0-9.-]*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const repositoryName = new RegExp(`^(?:${domain}/)?${component}(?:/${component})*$`)

function checkedName(repository: string): string {
  // 255 is the limit of registries; it also keeps the expression from meeting long texts.
  if (repository.length <= 255 && repositoryName.test(repository)) return repository
  throw new RelayError(
    'EVENT_INVALID',
    `invalid repository name ${JSON.stringify(repository.slice(0, 255))}: no URL can be built for it`,
  )
}

function checkedReference(reference: string): string {
  if (isDigest(reference) || /^\w[\w.-]{0,127}$/.test(reference)) return reference
  throw new RelayError(
    'EVENT_INVALID',
    `reference ${JSON.stringify(reference.slice(0, 200))} is neither a digest nor a tag: no URL can be built for it`,
  )
}
