import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CrashPoints } from './crash-points.ts'

/** The points of a request, by the channels on which node:http tells of every server: this process has one. */
export function watchRequests(points: CrashPoints): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    points.passes('body.read:before')
    request.once('end', () => points.passes('body.read:after'))
    const end = response.end.bind(response)
    // Not one byte of the answer has left before `end`: head and body are one write.
    response.end = ((...all: Parameters<typeof end>) => {
      if (response.statusCode === 200) points.passes('response.sent:before')
      return end(...all)
    }) as typeof response.end
  })
  subscribe('http.server.response.finish', (message) => {
    const { response } = message as { response: ServerResponse }
    if (response.statusCode === 200) points.passes('response.sent:after')
  })
}
