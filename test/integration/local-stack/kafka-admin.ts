import kafkajs from 'kafkajs'

/** Does something with the broker that only a working one can do. */
async function withAdmin<T>(
  brokers: readonly string[],
  work: (admin: kafkajs.Admin) => Promise<T>,
): Promise<T> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

export function createTopic(brokers: readonly string[], topic: string): Promise<boolean> {
  return withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }))
}

export function topicsOf(brokers: readonly string[]): Promise<string[]> {
  return withAdmin(brokers, (admin) => admin.listTopics())
}
