# The program alone: no shell, no packages, no root. docker build -t fivewire . && docker run --rm -p 127.0.0.1:8055:8055 fivewire
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /fivewire . && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 --chmod=0700 /data /var/lib/fivewire
COPY --from=build /fivewire /fivewire
USER 65532:65532
# Beyond loopback it asks for a key: the first line of docker logs has it.
ENV FIVEWIRE_LISTEN=0.0.0.0:8055 FIVEWIRE_DATA_DIR=/var/lib/fivewire
VOLUME /var/lib/fivewire
EXPOSE 8055
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["/fivewire", "health"]
ENTRYPOINT ["/fivewire"]
