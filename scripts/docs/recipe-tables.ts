import type { Page } from './page.ts'
import { clickhouseColumns, flinkColumns, ksqldbColumns } from './table-columns.ts'

const schema = 'schemas/registry-event.v1.avsc'

/** Tables in the recipes that have every column of the schema. */
export const recipeTables: readonly Page[] = [
  { file: 'docs/recipes/flink-sql.md', marker: 'flink', make: flinkTable },
  { file: 'docs/recipes/ksqldb.md', marker: 'ksqldb', make: ksqldbStream },
  { file: 'docs/recipes/clickhouse.md', marker: 'clickhouse', make: clickhouseQueue },
]

function flinkTable(): string {
  return `\`\`\`sql Flink table
CREATE TABLE registry_events (
  \`event_key\` STRING,
${flinkColumns(schema)},
  \`received_at\` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR \`received_at\` AS \`received_at\` - INTERVAL '30' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'registry.events.v1',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'flink-registry-events',
  'scan.startup.mode' = 'earliest-offset',
  'key.format' = 'raw',
  'key.fields' = 'event_key',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://schema-registry:8081',
  'value.fields-include' = 'EXCEPT_KEY'
);
\`\`\``
}

function ksqldbStream(): string {
  return `\`\`\`sql ksqlDB stream, columns written out
CREATE STREAM registry_events_as_written (
  \`event_key\` VARCHAR KEY,
${ksqldbColumns(schema)}
) WITH (KAFKA_TOPIC = 'registry.events.v1', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'AVRO');
\`\`\``
}

function clickhouseQueue(): string {
  return `\`\`\`sql ClickHouse queue
CREATE TABLE registry_events_queue (
${clickhouseColumns(schema)}
) ENGINE = Kafka SETTINGS
  kafka_broker_list = 'kafka:9092',
  kafka_topic_list = 'registry.events.v1',
  kafka_group_name = 'clickhouse-registry-events',
  kafka_format = 'AvroConfluent',
  format_avro_schema_registry_url = 'http://schema-registry:8081';
\`\`\``
}
