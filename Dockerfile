# syntax=docker/dockerfile:1
# One image for all services: the command line chooses. Debian, because ONNX Runtime is built for glibc.
ARG NODE=node:20.20-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
# The store is filled from the lock file alone, so that a change of the sources fetches nothing.
COPY pnpm-lock.yaml pnpm-workspace.yaml package.json ./
RUN npx --yes pnpm@12.21.0 fetch
COPY . .
RUN npx --yes pnpm@12.21.0 install --offline --frozen-lockfile && ./node_modules/.bin/tsc -b
RUN rm -rf node_modules packages/*/node_modules services/*/node_modules \
 && npx --yes pnpm@12.21.0 install --offline --frozen-lockfile --prod \
 && find . -name .git -prune -o -path '*/onnxruntime-node/bin/napi-v*/*' -prune -print | grep -v "/linux$" | xargs rm -rf \
 && find . -path "*/onnxruntime-node/bin/napi-v*/linux/*" -prune -print | grep -v "/$(node -p process.arch)$" | xargs rm -rf \
 && rm -rf test packages/testkit packages/*/src services/*/src

FROM ${NODE} AS weir
# tini hands signals on and reaps what a process leaves: the worker threads' and tools' children.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production \
    WEIR_HOST=0.0.0.0 \
    WEIR_PIPELINE=/pipeline
WORKDIR /app
COPY --from=build --chown=root:root /app/node_modules ./node_modules
COPY --from=build --chown=root:root /app/packages ./packages
COPY --from=build --chown=root:root /app/services ./services
COPY --from=build --chown=root:root /app/package.json /app/LICENSE ./
# Nothing of the image is written; the pipeline's folder is mounted.
USER node
EXPOSE 8080 8081 8082 8083 8084
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--initial-old-space-size=256", "--single-threaded-gc", "/app/packages/cli/dist/main.js"]
CMD ["--help"]
