/** Of an Envelope written by Distribution 2 or by the GitLab registry. */
export const eventsMediaTypeV1 = 'application/vnd.docker.distribution.events.v1+json'

/** Of an Envelope written by Distribution 3. */
export const eventsMediaTypeV2 = 'application/vnd.docker.distribution.events.v2+json'

/** Of an image layer: what ignore rules name most often. */
export const layerMediaType = 'application/vnd.docker.container.image.rootfs.diff+x-gtar'

/** Under which registries report blobs, whatever the manifest says of them. */
export const octetStreamMediaType = 'application/octet-stream'

/** The type alone, lower case: media types compare without case, and parameters do not change what a body is. */
export function bareMediaType(contentType: string): string {
  const end = contentType.indexOf(';')
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}

/**
 * True for a `Content-Type` an Envelope may come under: both events types, plain JSON and any `+json`, because proxies
 * and configured headers replace the registry's own type. Parameters are ignored.
 */
export function isEventsMediaType(contentType: string): boolean {
  const type = bareMediaType(contentType)
  return type === 'application/json' || (type.endsWith('+json') && type.indexOf('/') > 0)
}
