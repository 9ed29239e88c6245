# The images of the shop, one target for each: NAME-service for each service of services.tsv, gateway (also the
# nginx of the streams), seed; and for docker-compose.yml mongo and redis.
#
#     docker build --target cart-order-service -t cart-order-service:1.0 .
#
# A service's image has its program and the libraries that it loads: no shell, no package manager.

# The base images. A digest makes builds repeatable: --build-arg BASE=debian:bookworm-slim@sha256:… (the build fails
# with another series than bookworm).
ARG BASE=debian:bookworm-slim
ARG MONGO_IMAGE=mongo:8.0

# ---- the programs ----

FROM ${BASE} AS build
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev libcurl4-openssl-dev \
    libfcgi-dev libicu-dev libjson-c-dev libjwt-dev libmongoc-dev libseccomp-dev \
    libsodium-dev libssl3 make pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY containers/check-libraries.sh containers/libraries.txt containers/
RUN containers/check-libraries.sh containers/libraries.txt libbson-1.0-0 libcurl4 libfcgi0ldbl \
    libicu72 libssl3 libjson-c5 libjwt0 libmongoc-1.0-0 libseccomp2 libsodium23 zlib1g
COPY Makefile services.tsv ./
COPY run/services.sh run/services_header.sh run/
COPY lib lib
COPY fcgi fcgi
COPY seed seed
COPY openapi openapi
# The version that the programs report: --build-arg VERSION="$(git describe --always)"
ARG VERSION=unknown
RUN make -s -j"$(nproc)" VERSION="$VERSION" build && strip build/release/bin/*
COPY containers/make-root.sh containers/
RUN containers/make-root.sh /root-of-services build/release/bin/* \
 && sed '/^#/d; s/\t.*//' services.tsv | while read -r name; do \
        "build/release/bin/$name" --routes | sed "s/^/$name\t/"; \
    done >/routes \
 && build/release/bin/user --errors | sed "s/^/error\t/" >>/routes

# ---- the services ----

FROM scratch AS service
COPY --from=build /root-of-services /
# With one malloc arena all threads would wait for its lock; with many, memory would be unused. MONGOC_DISABLE_SHM
# disables the driver's counters, an unused file in shared memory.
ENV MALLOC_ARENA_MAX=2 MONGOC_DISABLE_SHM=1
USER 10001:10001

FROM service AS pool
ENV LISTEN=:9000
EXPOSE 9000
STOPSIGNAL SIGTERM

# each service: FROM pool AS @image@
# each service: COPY --from=build /src/build/release/bin/@name@ /usr/local/bin/
# each service: ENTRYPOINT ["/usr/local/bin/@name@"]
# each service: HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/local/bin/@name@", "--health", "readyz"]
# each service:
FROM pool AS user-service
COPY --from=build /src/build/release/bin/user /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/user"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/local/bin/user", "--health", "readyz"]

FROM pool AS product-service
COPY --from=build /src/build/release/bin/product /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/product"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/local/bin/product", "--health", "readyz"]

FROM pool AS cart-order-service
COPY --from=build /src/build/release/bin/cart_order /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/cart_order"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/local/bin/cart_order", "--health", "readyz"]

FROM pool AS delivery-service
COPY --from=build /src/build/release/bin/delivery /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/delivery"]
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/local/bin/delivery", "--health", "readyz"]

# end

# A job: it ends, so it has no health check.
FROM service AS seed
COPY --from=build /src/build/release/bin/seed /usr/local/bin/
COPY seed/products.json /usr/local/share/shop/
ENV SEED_DATA=/usr/local/share/shop/products.json
ENTRYPOINT ["/usr/local/bin/seed"]

# ---- nginx ----

# Swagger UI for /docs. An earlier download of run/setup.sh is used if there is one. Without it and without a network,
# only the page /docs is missing.
FROM ${BASE} AS docs
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY services.tsv ./
COPY run run
COPY run/swagger-ui.txt .dep[s] .deps/
RUN MONGODB_URI=none run/setup.sh docs

FROM docs AS files
COPY nginx nginx
COPY --from=build /src/build/release/openapi.json .
RUN nginx/files.sh /files openapi.json .deps/swagger-ui

# nchan needs the body folder that nginx was compiled with, whatever the configuration sets.
FROM ${BASE} AS gateway
SHELL ["/bin/bash", "-eo", "pipefail", "-c"]
COPY containers/check-libraries.sh containers/libraries.txt /usr/local/share/shop/containers/
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends gettext-base libnginx-mod-nchan nginx \
 && rm -rf /var/lib/apt/lists/* /var/log/* \
 && /usr/local/share/shop/containers/check-libraries.sh \
    /usr/local/share/shop/containers/libraries.txt libnginx-mod-nchan nginx \
 && rm -r /var/lib/nginx && ln -s /run/shop/tmp /var/lib/nginx
COPY services.tsv /usr/local/share/shop/
COPY run/services.sh run/demo.sh /usr/local/share/shop/run/
# A volume has the owner of the folder that it is mounted on.
RUN . /usr/local/share/shop/run/services.sh \
 && install -d -o 10001 -g 10001 /run/shop /secrets /secrets/mongo /secrets/seed "${SERVICES[@]/#//secrets/}"
COPY nginx /usr/local/share/shop/nginx
COPY --from=build /routes /usr/local/share/shop/routes
COPY --from=files /files /usr/local/share/shop/files
COPY containers/nginx.sh containers/secrets.sh /usr/local/share/shop/containers/
ENV GATEWAY_PORT=8080 INTERNAL_PORT=8090 BIND=0.0.0.0 INTERNAL_BIND=0.0.0.0 STREAMS=streams:8091 \
    STREAMS_LISTEN=0.0.0.0:8091 STATUS_LISTEN=0.0.0.0:8089 GATEWAY_STATUS=gateway:8089 \
    NGINX_WORKERS=2 TZ=UTC LC_ALL=C.UTF-8
EXPOSE 8080 8089 8090 8091
# each service: ENV @NAME@_PORT=@port@ @NAME@_POOL=@image@:9000
# each service: EXPOSE @port@
ENV USER_PORT=8001 USER_POOL=user-service:9000
EXPOSE 8001
ENV PRODUCT_PORT=8002 PRODUCT_POOL=product-service:9000
EXPOSE 8002
ENV CART_ORDER_PORT=8003 CART_ORDER_POOL=cart-order-service:9000
EXPOSE 8003
ENV DELIVERY_PORT=8004 DELIVERY_POOL=delivery-service:9000
EXPOSE 8004
# end
USER 10001:10001
ENTRYPOINT ["/usr/local/share/shop/containers/nginx.sh"]
CMD ["gateway"]
# Requests in progress are completed; SIGTERM would drop them.
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/local/share/shop/containers/nginx.sh", "health"]

# ---- the database, and the Redis that gateways share for streams, for docker-compose.yml ----

FROM ${MONGO_IMAGE} AS mongo
COPY containers/mongo /usr/local/lib/shop
USER 999:999
ENTRYPOINT ["/usr/local/lib/shop/start.sh"]
CMD []
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s CMD ["/usr/local/lib/shop/health.sh"]

FROM ${BASE} AS redis
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/* /var/log/*
EXPOSE 6379
USER 10001:10001
WORKDIR /tmp
# Redis stores events in memory only. The networks of Compose restrict its clients.
ENTRYPOINT ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", \
    "--appendonly", "no", "--maxmemory", "64mb"]
HEALTHCHECK --interval=3s --timeout=3s --start-period=10s CMD ["redis-cli", "ping"]
