# The image of the sidecar, its control client and the load tool. All that the last stage holds is put
# together by helm/image/assemble, which needs no container engine and is tested without one.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN ./dev build release --target sweetspot sweetspotctl sweetspot-load \
 && helm/image/assemble build/release/bin /rootfs

FROM scratch
COPY --from=build /rootfs /
LABEL org.opencontainers.image.title="Sweetspot" \
      org.opencontainers.image.description="A sidecar that finds the right number of requests in flight for a service that blocks" \
      org.opencontainers.image.version="0.1.0"
USER 65532:65532
EXPOSE 8080 9901
HEALTHCHECK --interval=10s --timeout=5s CMD ["/usr/bin/sweetspotctl", "health"]
ENTRYPOINT ["/usr/bin/sweetspot"]
