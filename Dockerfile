# One image for every command of registry-relay: docker run IMAGE serve
#
# It runs with a read-only root (--read-only) and without privileges (--cap-drop ALL); the only thing it writes is the spool
# of a gateway. Node.js handles SIGTERM and starts no processes here, so it needs no init in front of it.
# Exact versions: the same is built again. A digest would pin it to the byte: --build-arg NODE_IMAGE=node@sha256:...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# The dependencies alone first: they change less often than the sources, and their layer is kept.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
# Nothing is installed at run time, so neither npm nor what may be wrong with it has to be here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/package.json /build/CHANGELOG.md /build/LICENSE ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/schemas schemas
COPY --from=build /build/samples samples
COPY --from=build /build/stack stack
COPY --from=build /build/examples/registry-relay.yaml /etc/registry-relay/registry-relay.yaml
# Nothing is written but the spool of a gateway: give it a volume, or what is acknowledged ends with the container.
ENV SPOOL_FOLDER=/var/lib/registry-relay/spool
# By number, so that an orchestrator can see that it is not root; the base image knows it as "node". It owns nothing else here.
RUN install -d -m 0700 -o 1000 -g 1000 /var/lib/registry-relay /var/lib/registry-relay/spool
VOLUME /var/lib/registry-relay/spool
USER 1000:1000
# Notifications, and /healthz, /readyz and /metrics, where the configuration does not say otherwise.
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# /healthz does not look at Kafka: a restart does not bring a broker back. Of a gateway or a bridge whose management port is
# another one, MANAGEMENT_PORT says so; other commands switch it off (--no-healthcheck).
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.MANAGEMENT_PORT || 9090, path: '/healthz', timeout: 4000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('timeout', () => process.exit(1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
# Filled in by who builds it: --build-arg VERSION=$(node -p 'require("./package.json").version') --build-arg REVISION=$(git rev-parse HEAD)
ARG VERSION=unversioned
ARG REVISION=unknown
LABEL org.opencontainers.image.title="registry-relay" \
      org.opencontainers.image.description="Event backbone of a container registry: HTTP notifications, Avro in Kafka, HTTP endpoints" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
