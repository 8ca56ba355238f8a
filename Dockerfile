# One image for every command of registry-relay: docker run IMAGE serve --config FILE
FROM node:20-bookworm-slim AS build
WORKDIR /build
# The dependencies alone first: they change less often than the sources, and their layer is kept.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/schemas schemas
COPY --from=build /build/samples samples
COPY --from=build /build/stack stack
COPY --from=build /build/examples/registry-relay.yaml /etc/registry-relay/registry-relay.yaml
# Nothing is written but the spool of a gateway: give it a volume, or what is acknowledged ends with the container.
ENV SPOOL_FOLDER=/var/lib/registry-relay/spool
RUN install -d -m 0700 -o node -g node /var/lib/registry-relay /var/lib/registry-relay/spool
VOLUME /var/lib/registry-relay/spool
# A user that the base image brings; it owns nothing else here.
USER node
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
