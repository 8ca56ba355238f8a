// Sends the relay's spans to an OpenTelemetry collector. Loaded in front of the command:
//
//   npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-http
//   OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 \
//     node --import ./tracing.mjs "$(command -v registry-relay)" serve --config registry-relay.yaml
//
// or, where the command line is not yours, as in a container: NODE_OPTIONS=--import=/etc/registry-relay/tracing.mjs
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'

// Where to, how many and under what name is set by the usual variables: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS,
// OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'registry-relay' }).merge(
    detectResources({ detectors: [envDetector] }),
  ),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
})

// What is still held back when the relay stops is sent by the relay.
provider.register()
