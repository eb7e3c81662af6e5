# One file for all services: `docker build --target kv-service .`, `--target test-client`, `--target api-gateway`.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --loglevel=error
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps ./apps
COPY libs ./libs
RUN npm run --silent build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --loglevel=error

FROM node:24-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY tools/health-check.mjs ./tools/health-check.mjs
# The services handle SIGTERM themselves, as process 1 too.
STOPSIGNAL SIGTERM

FROM runtime AS kv-service
# A new volume takes the folder's owner over.
RUN install -d -o node -g node -m 0700 /data
USER node
ENV DATA_DIR=/data GRPC_HOST=0.0.0.0
VOLUME /data
EXPOSE 8000 50051
# Not ready while a long log is replayed: that is no failure.
HEALTHCHECK --interval=10s --timeout=3s --start-period=600s CMD ["node", "tools/health-check.mjs", "8000", "/health/ready"]
CMD ["node", "dist/apps/kv-service/src/main.js"]

FROM runtime AS test-client
USER node
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "tools/health-check.mjs", "8001"]
CMD ["node", "dist/apps/test-client/src/main.js"]

FROM runtime AS api-gateway
USER node
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "tools/health-check.mjs", "8888"]
CMD ["node", "dist/apps/api-gateway/src/main.js"]
