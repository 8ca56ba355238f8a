/**
 * What the groups that read a topic are called, before the name of the endpoint: that of the main topic as it was called before
 * there were routes, or all would be delivered again.
 */
export function topicGroup(group: string, events: string, topic: string): string {
  return topic === events ? group : `${group}.${topic}`
}
