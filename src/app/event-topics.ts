import type { Config } from '../config/config.ts'
import { topicsOf } from '../kafka/topic-routes.ts'

/** Every topic of events of a configuration, each once, the one without a route first. */
export function eventTopics({ topics: { events, routes } }: Pick<Config, 'topics'>): readonly string[] {
  return topicsOf(events, routes)
}
