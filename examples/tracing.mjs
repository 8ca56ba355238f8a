// Sends the relay's spans to an OpenTelemetry collector. Loaded in front of the command:
//
//   npm install --prefix tracing @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-http
//   cp node_modules/registry-relay/examples/tracing.mjs tracing/
//   OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 \
//     node --import ./tracing/tracing.mjs node_modules/registry-relay/dist/cli/main.js serve --config registry-relay.yaml
//
// or, where the command line is not yours, as in a container: NODE_OPTIONS=--import=/tracing/tracing.mjs
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
