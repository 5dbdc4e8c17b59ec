# bbctl in a container: one static binary and the CA roots that TLS to Sentry
# needs, nothing else. Build from a checkout:
#   docker build --build-arg VERSION=$(git describe --tags --always) -t bbctl .
# Run it where the application's environment is known:
#   docker run --rm --env-file .env bbctl test
FROM golang:1.26-bookworm AS build
ARG VERSION=dev
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /bbctl .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /bbctl /bbctl
# A number, not a name: the image has no /etc/passwd.
USER 65532:65532
WORKDIR /app
ENTRYPOINT ["/bbctl"]
CMD ["test"]
