# For those who would rather have an image from a registry's Node than one of this machine's (shadowlab image build):
#   docker build --tag shadowlab .
FROM node:24-slim AS build
WORKDIR /src
COPY . .
RUN npm ci && npm prune --omit=dev

FROM node:24-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl iperf3 iproute2 iputils-ping \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/local/bin/node /usr/bin/node
WORKDIR /opt/shadowlab
COPY --from=build /src/package.json ./
COPY --from=build /src/dist ./dist
COPY --from=build /src/node_modules ./node_modules
WORKDIR /
ENTRYPOINT []
CMD ["sh"]
LABEL shadowlab.version=0.1.0
