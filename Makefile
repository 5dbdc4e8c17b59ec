# Everything that is done with this repository. `make help` lists the targets.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
CACHE    := $(CURDIR)/.cache
LDFLAGS  := -s -w -X main.version=$(VERSION)
GOBUILD  := CGO_ENABLED=0 $(GO) build -buildvcs=false -trimpath -ldflags '$(LDFLAGS)'
PKG      ?= ./...
TESTFLAGS ?=

# The one place where the versions of the tools stand that are not in
# tools/go.mod. golangci-lint is installed by version: in a go.mod it would
# bring some 400 modules along.
GOLANGCI_VERSION := v2.15.0
GOLANGCI         := $(CACHE)/bin/golangci-lint-$(GOLANGCI_VERSION)
GOFUMPT          := $(GO) tool -modfile=tools/go.mod gofumpt

# A checkout may belong to another user than the one who builds.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)
export GO

.DEFAULT_GOAL := help
.PHONY: help demo test deps check build vet fmt fmt-check lint race integration fuzz soak bench docs docs-check cross dist cover vuln clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## build, then prove an integration on the embedded receiver
	env -u DATABASE_URL -u REDIS_URL -u CELERY_BROKER_URL ./bin/bbctl test --local --env-file /dev/null

test: deps ## look for what the tests need, then check everything, skipping nothing
	BBCTL_REQUIRE_INTEGRATION=1 $(MAKE) check

deps: ## look for what the tests need (DEPS=install installs it)
	@script/deps

check: build vet fmt-check lint race docs-check cross ## all that must hold before a change lands

build: ## bin/bbctl, static
	$(GOBUILD) -o bin/bbctl .

vet: ## go vet
	$(GO) vet $(PKG)

fmt: ## format the code
	$(GOFUMPT) -w $$(find . -name '*.go' -not -path './.cache/*')

fmt-check:
	@out=$$($(GOFUMPT) -l $$(find . -name '*.go' -not -path './.cache/*')); \
	if [ -n "$$out" ]; then echo "gofumpt would change (run make fmt):"; echo "$$out"; exit 1; fi

lint: $(GOLANGCI) ## golangci-lint, which contains staticcheck
	$(GOLANGCI) run $(PKG)

$(GOLANGCI):
	@mkdir -p $(CACHE)/bin
	CGO_ENABLED=0 GOBIN=$(CACHE)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(CACHE)/bin/golangci-lint $@

race: ## all tests, with the race detector; what is not installed is skipped
	CGO_ENABLED=1 $(GO) test -race -timeout 25m $(TESTFLAGS) $(PKG)

integration: deps ## the same, and a skipped integration test is a failure
	CGO_ENABLED=1 BBCTL_REQUIRE_INTEGRATION=1 $(GO) test -race -timeout 25m $(TESTFLAGS) $(PKG)

FUZZTIME ?= 30s
fuzz: ## each fuzz target for FUZZTIME
	@script/fuzz $(FUZZTIME)

SOAK ?= 60
soak: ## kill writers of a file for SOAK seconds, and at every system call
	@script/soak $(SOAK)

bench: build ## the figures: ratios are taken within one run
	@script/bench

docs: build ## write the generated documentation
	./bin/bbctl docs --write docs

docs-check: build
	./bin/bbctl docs --check docs

cross: ## compile for the other systems
	CGO_ENABLED=0 GOOS=linux   GOARCH=arm64 $(GO) build -o /dev/null .
	CGO_ENABLED=0 GOOS=darwin  GOARCH=arm64 $(GO) build -o /dev/null .
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null .

dist: ## archives for six targets and their checksums, in dist/
	@VERSION='$(VERSION)' script/dist

cover: ## coverage by package
	$(GO) test -cover $(PKG)

vuln: ## known vulnerabilities; asks a database outside, so not part of check
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4 $(PKG)

clean: ## remove what was built
	rm -rf bin dist
