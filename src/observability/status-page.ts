import { readFileSync } from 'node:fs'

/** A file of the status page as it is answered. */
export interface PageFile {
  readonly contentType: string
  readonly body: Buffer
}

const files = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/status-page/theme.css', 'theme.css', 'text/css; charset=utf-8'],
  ['/status-page/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/status-page/page.js', 'page.js', 'text/javascript; charset=utf-8'],
  ['/status-page/connection.js', 'connection.js', 'text/javascript; charset=utf-8'],
  ['/status-page/render.js', 'render.js', 'text/javascript; charset=utf-8'],
  ['/status-page/rows.js', 'rows.js', 'text/javascript; charset=utf-8'],
  ['/status-page/sparkline.js', 'sparkline.js', 'text/javascript; charset=utf-8'],
  ['/status-page/format.js', 'format.js', 'text/javascript; charset=utf-8'],
  ['/status-page/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const

/** By path. They lie beside this module, in `src/` and in the package alike. */
export function statusPage(): ReadonlyMap<string, PageFile> {
  return new Map(
    files.map(([path, name, contentType]) => [
      path,
      { contentType, body: readFileSync(new URL(`status-page/${name}`, import.meta.url)) },
    ]),
  )
}

/**
 * Of every answer. The page needs nothing but itself: whatever else got into it would not run, and no other page may frame it.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}
