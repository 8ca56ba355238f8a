import type { Event } from '../event/event.ts'
import { type MatchRules, matchFilter } from '../event/match-rules.ts'

/** Events that go to a topic of their own. */
export interface TopicRoute extends MatchRules {
  readonly topic: string
}

/** The topic of an event: that of the first route that means it, else `topic`. */
export function topicRouter(
  topic: string,
  routes: readonly TopicRoute[],
): (event: Event | undefined) => string {
  const compiled = routes.map((route) => ({ topic: route.topic, means: matchFilter(route) }))
  return (event) =>
    (event === undefined ? undefined : compiled.find(({ means }) => means(event)))?.topic ?? topic
}

/** Every topic that events go to, each once, the one without a route first. */
export function topicsOf(topic: string, routes: readonly TopicRoute[]): readonly string[] {
  return [...new Set([topic, ...routes.map((route) => route.topic)])]
}
