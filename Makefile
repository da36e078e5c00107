# The targets that people use are in `make help`. Everything is built under build/.
include flags.mk

comma   := ,
CC      ?= gcc
PKG_CONFIG ?= pkg-config
PYTHON  := /usr/bin/python3
VARIANT ?= release
B       := build/$(VARIANT)
# -Werror in CI only, and not where a sanitizer changes what the compiler sees: a newer compiler's new warning must not stop a user's build.
WERROR  := $(if $(CI),$(if $(filter release clang,$(VARIANT)),-Werror))
IS_CLANG := $(findstring clang,$(CC))

INCLUDES := -Idaemon/core -Ihw -Ihw/sim -Idaemon/chaird -Idaemon/rpc -Idaemon/mqtt -Idaemon/program -Idaemon/record -I$(B)
PKGS     := libmodbus libgpiod yaml-0.1 jansson sqlite3 libsystemd
# Evaluated when first used, so that `make deps` can run before the packages are there.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell $(PKG_CONFIG) --libs $(PKGS)))$(PKG_LIBS)
# Of chair-web alone: no other program is linked with a network library.
WEB_PKGS := libwebsockets libcrypto
WEB_CFLAGS = $(eval WEB_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(WEB_PKGS)))$(WEB_CFLAGS)
WEB_LIBS   = $(eval WEB_LIBS := $$(shell $(PKG_CONFIG) --libs $(WEB_PKGS)))$(WEB_LIBS)

SAN_release :=
SAN_clang   :=
SAN_asan    := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SAN_tsan    := -fsanitize=thread
SAN_fuzz    := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
SAN         := $(SAN_$(VARIANT))
CFLAGS_ALL   = $(STD) $(HARDEN) $(WARN) $(if $(IS_CLANG),,$(GCC_ONLY)) $(WERROR) $(SAN) \
	-DPROFILES_DIR='"$(PREFIX)/share/chaird/profiles"' -DCHAIR_VERSION='"$(CHAIR_VERSION)"' \
	$(INCLUDES) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL  = $(LDHARDEN) $(SAN) $(LDFLAGS)

# The one place where the version stands.
CHAIR_VERSION = $(eval CHAIR_VERSION := $$(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog))$(CHAIR_VERSION)

# V=1 shows whole command lines.
say = $(if $(V),,@echo "  $@";)

PREFIX ?= /usr
DESTDIR ?=

CORE   := $(wildcard daemon/core/*.c)
HW     := $(wildcard hw/*.c)
SIM    := $(filter-out hw/sim/main.c,$(wildcard hw/sim/*.c))
RPC    := $(wildcard daemon/rpc/*.c)
CHAIRD := $(filter-out daemon/chaird/main.c,$(wildcard daemon/chaird/*.c))
MQTT   := $(filter-out daemon/mqtt/main.c,$(wildcard daemon/mqtt/*.c))
WEB    := $(filter-out daemon/web/main.c,$(wildcard daemon/web/*.c))
RECORD := $(wildcard daemon/record/*.c)
PROGRAM := $(filter-out daemon/program/main.c,$(wildcard daemon/program/*.c))
CONSOLE := $(wildcard console/*.c)
objects = $(patsubst %.c,$(B)/%.o,$(1))

PROGRAMS := $(B)/chaird $(B)/chair-mqtt $(B)/chair-web $(B)/chairsim $(B)/chair-virtual $(B)/chair-campaign $(B)/chair-program $(B)/chairctl
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))

.PHONY: help deps all run test lint bench full install clean plot coverage fuzz unit system
.DELETE_ON_ERROR:
.SECONDARY:

help:
	@echo "make run     a simulated chair comes to life (Ctrl-C ends it)"
	@echo "make test    every test that fits into a CI run"
	@echo "make campaign HOURS=n SEED=s   random people and faults in virtual time, watched by an oracle"
	@echo "make add-recording FILE=f NOTE=n   a recorded fault becomes a test"
	@echo "make replay-arm64   what was recorded comes out again, bit for bit, on this machine and on arm64"
	@echo "make deb | sbc   Debian packages; what they do on a virtual board (as root)"
	@echo "make lint | model | bench | plot | pictures | full | install | clean | deps | all"

deps:
	@sh tests/install-packages.sh build run test lint bench

need-build:
	@sh tests/install-packages.sh build
need-run:
	@sh tests/install-packages.sh build run
need-test:
	@sh tests/install-packages.sh build run test bench model browser panel arm64
need-lint:
	@sh tests/install-packages.sh build lint test panel
.PHONY: need-build need-run need-test need-lint

all: need-build
	@$(MAKE) --no-print-directory programs
programs: $(PROGRAMS)
.PHONY: programs

$(B)/%.o: %.c flags.mk Makefile
	@mkdir -p $(@D)
	$(say)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The plant's inner loop: comparisons may be vectorised, results stay the same on every machine.
$(B)/hw/sim/plant.o: CFLAGS += -fno-trapping-math

# A recording says which sources of the core decided.
CORE_ID := $(shell cat $(sort $(wildcard daemon/core/*.[ch])) | sha256sum | cut -c1-16)
$(B)/daemon/record/recording.o: CFLAGS += -DRECORD_CORE='"$(CORE_ID)"'
$(B)/daemon/record/recording.o: $(wildcard daemon/core/*.[ch])

# docs/faults.md as a string a line: what is read there is what chairctl and the journal's catalogue say.
$(B)/fault_pages.inc: docs/faults.md
	@mkdir -p $(@D)
	@sed 's/["\\]/\\&/g; s/.*/"&",/' $< >$@
$(B)/console/fault_pages.o: $(B)/fault_pages.inc
$(B)/unit/test_fault_pages: $(B)/console/fault_pages.o

# One library a layer; the order on the link line is the layer rule.
$(B)/libcore.a: $(call objects,$(CORE))
$(B)/libhw.a: $(call objects,$(HW))
$(B)/libsim.a: $(call objects,$(SIM))
$(B)/librpc.a: $(call objects,$(RPC))
$(B)/libchaird.a: $(call objects,$(CHAIRD))
$(B)/libmqtt.a: $(call objects,$(MQTT))
$(B)/libweb.a: $(call objects,$(WEB))
$(B)/libprogram.a: $(call objects,$(PROGRAM))
$(B)/librecord.a: $(call objects,$(RECORD))
$(B)/%.a:
	@rm -f $@
	$(say)$(AR) rcs $@ $^

LIBS_CHAIRD := $(B)/libchaird.a $(B)/librpc.a $(B)/libhw.a $(B)/librecord.a $(B)/libcore.a
$(B)/chaird: $(B)/daemon/chaird/main.o $(LIBS_CHAIRD)
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpthread -lm
$(B)/catalog: $(B)/systemd/catalog.o $(B)/console/fault_pages.o $(LIBS_CHAIRD)
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpthread -lm
$(B)/chair-mqtt: $(B)/daemon/mqtt/main.o $(B)/libmqtt.a $(B)/librpc.a $(B)/libhw.a $(B)/libcore.a
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpaho-mqtt3as -lpthread -lm
$(call objects,$(wildcard daemon/web/*.c)): CFLAGS += $(WEB_CFLAGS)
$(B)/chair-web: $(B)/daemon/web/main.o $(B)/libweb.a $(B)/librpc.a $(B)/libhw.a $(B)/libcore.a
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) $(WEB_LIBS) -lpthread -lm
$(B)/chairsim: $(B)/hw/sim/main.o $(B)/libsim.a $(B)/librpc.a $(B)/libcore.a
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpthread -lm
# Of chairctl alone.
CURSES_CFLAGS = $(eval CURSES_CFLAGS := $$(shell $(PKG_CONFIG) --cflags ncursesw))$(CURSES_CFLAGS)
CURSES_LIBS = $(eval CURSES_LIBS := $$(shell $(PKG_CONFIG) --libs ncursesw))$(CURSES_LIBS)
$(call objects,$(CONSOLE)): CFLAGS += $(CURSES_CFLAGS)
$(B)/chairctl: $(call objects,$(CONSOLE)) $(B)/libprogram.a $(B)/librpc.a $(B)/librecord.a $(B)/libcore.a
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) $(CURSES_LIBS) -lm
# Virtual time, and what runs in it.
VIRTUAL := $(B)/libprogram.a $(B)/libchaird.a $(B)/libsim.a $(B)/librpc.a $(B)/libhw.a $(B)/librecord.a $(B)/libcore.a
$(B)/chair-virtual: $(B)/tests/campaign/virtual_main.o
$(B)/chair-campaign: $(call objects,$(wildcard tests/campaign/campaign*.c) tests/campaign/oracle.c)
$(B)/chair-program: $(B)/daemon/program/main.o
$(B)/chair-virtual $(B)/chair-campaign $(B)/chair-program: $(VIRTUAL)
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) -lpthread -lm

$(B)/bench-edges: $(B)/tests/bench/edges.o $(VIRTUAL)
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpthread -lm
$(B)/bench-fleet: $(B)/tests/bench/fleet.o $(B)/libmqtt.a $(VIRTUAL)
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) -lpaho-mqtt3as -lpthread -lm

# Of core and record alone, so that the same replay is easily built for another machine.
$(B)/replay: $(B)/tests/replay/replay.o $(B)/librecord.a $(B)/libcore.a
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^

# Unit tests: one program each. test_core_* share a fixture; test_gpio has its own libgpiod.
CORE_TESTS := $(filter $(B)/unit/test_core_%,$(UNIT))
$(CORE_TESTS): $(B)/tests/unit/core_fixture.o
$(B)/unit/%: $(B)/tests/unit/%.o $(B)/libmqtt.a $(B)/libprogram.a $(B)/libchaird.a $(B)/libsim.a $(B)/librpc.a \
		$(B)/libhw.a $(B)/librecord.a $(B)/libcore.a
	@mkdir -p $(@D)
	$(say)$(CC) $(filter-out -Wl$(comma)-z$(comma)nodlopen,$(LDFLAGS_ALL)) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) \
		-lcmocka -lpaho-mqtt3as -lpthread -lm

$(B)/unit/test_web_%: $(B)/tests/unit/test_web_%.o $(B)/libweb.a $(B)/librpc.a $(B)/libhw.a $(B)/libcore.a
	@mkdir -p $(@D)
	$(say)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS) $(WEB_LIBS) -lcmocka -lpthread -lm

# Fuzz targets: make VARIANT=fuzz CC=clang fuzz-programs
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libmqtt.a $(B)/libprogram.a $(B)/libchaird.a $(B)/libsim.a $(B)/librpc.a \
		$(B)/libhw.a $(B)/librecord.a $(B)/libcore.a
	@mkdir -p $(@D)
	$(say)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lpaho-mqtt3as -lpthread -lm
$(B)/fuzz/fuzz_web: $(B)/tests/fuzz/fuzz_web.o $(B)/libweb.a $(B)/libhw.a $(B)/libcore.a
	@mkdir -p $(@D)
	$(say)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) $(WEB_LIBS) -lpthread -lm
fuzz-programs: $(FUZZ)
core-tests: $(CORE_TESTS)
.PHONY: fuzz-programs core-tests

# Fault tests: what our own code calls fails, one call after the other.
FAULT := $(patsubst tests/fault/%.c,$(B)/unit/%,$(wildcard tests/fault/fault_*.c))
WRAPS_hw      := malloc calloc reallocarray pthread_create pthread_attr_init
WRAPS_history := calloc mkdir $(addprefix sqlite3_,open_v2 prepare_v2 step exec bind_text bind_int)
WRAPS_sockets := calloc realloc socket connect bind listen chmod accept4 send recv poll clock_gettime \
	sd_event_add_io sd_event_source_set_io_events sd_event_source_set_enabled
WRAPS_serial  := clock_gettime clock_nanosleep $(addprefix modbus_,new_rtu free connect close flush set_slave set_byte_timeout set_response_timeout \
	set_error_recovery rtu_set_serial_mode read_registers write_register write_registers)
$(B)/unit/fault_%: $(B)/tests/fault/fault_%.o $(B)/libchaird.a $(B)/librpc.a $(B)/libhw.a $(B)/librecord.a $(B)/libcore.a
	@mkdir -p $(@D)
	$(say)$(CC) $(LDFLAGS_ALL) $(addprefix -Wl$(comma)--wrap=,$(WRAPS_$*)) -o $@ $^ $(PKG_LIBS) \
		-lcmocka -lpthread -lm
UNIT += $(FAULT)

unit-programs: $(UNIT)
.PHONY: unit-programs print-cflags format
print-cflags:
	@echo '$(subst ',,$(CFLAGS_ALL))'
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# One a core; what each said is beside it, and shown when it failed. 255 ends them all.
unit: $(UNIT)
	@printf '%s\n' $(UNIT) | xargs -P "$$(nproc)" -n 1 \
		sh -c 'echo "== $$0" && "$$0" >"$$0.log" 2>&1 || { cat "$$0.log"; echo "$$0 has failed" >&2; exit 255; }'

run: need-run
	@$(MAKE) --no-print-directory programs panel
	@exec bash hw/sim/run.sh $(B) build/run

# The touch panel: npm is needed to build it, never to run it.
PANEL := panel/dist/index.html
panel: need-panel
	@$(MAKE) --no-print-directory $(PANEL)
panel/node_modules/.package-lock.json: panel/package-lock.json
	@cd panel && npm ci --silent --no-audit --no-fund
	@touch $@
$(PANEL): panel/node_modules/.package-lock.json panel/build.mjs $(wildcard panel/src/* panel/src/*/*)
	@cd panel && npm run --silent check && npm run --silent build
need-panel:
	@sh tests/install-packages.sh panel
.PHONY: panel need-panel

lint: need-lint
	@bash tests/lint.sh

test: need-test
	@bash tests/test.sh

full: need-test
	@FULL=1 bash tests/test.sh

system: need-test
	@$(MAKE) --no-print-directory programs node-red
	$(PYTHON) -m pytest -q tests/system

coverage: need-test
	@bash tests/coverage.sh

fuzz: need-test
	@bash tests/fuzz.sh

# The chair's behaviour as a small model, every interleaving of it.
model:
	@sh tests/install-packages.sh model
	@bash tests/model/check.sh $(abspath build/model)
.PHONY: model

# Node-RED for the test of config/home/node-red.json, with a Node.js that is new enough for it.
NODE_RED := tests/node-red/node_modules/.package-lock.json
node-red: $(NODE_RED)
$(NODE_RED): tests/node-red/package-lock.json
	@cd tests/node-red && npm ci --silent --no-audit --no-fund
	@touch $@
.PHONY: node-red

# The panel's pictures in the documents, as the tests take them.
PICTURES := who:large-en-dark-*-who question:large-en-dark-*-question-pain choose:large-en-dark-*-choose \
	running:large-en-dark-*-running fault:large-en-dark-*-fault phone:phone-en-light-*-running
pictures: need-test panel
	@$(MAKE) --no-print-directory programs
	@rm -rf build/panel && CHAIR_BIN=$(B) node --test --test-reporter=dot --test-name-pattern='large-en-dark:|phone-en-light:' \
		tests/panel/screens.test.mjs
	@for p in $(PICTURES); do cp build/panel/$${p#*:}.png docs/panel/$${p%%:*}.png || exit 1; done
.PHONY: pictures

bench: need-test
	@$(MAKE) --no-print-directory programs $(B)/bench-edges $(B)/bench-fleet panel
	@$(PYTHON) tests/bench/bench.py $(B)

plot: need-test
	@$(MAKE) --no-print-directory programs
	@bash tests/campaign/plot.sh $(B) build/plot

# Hours of chair time with random people and faults, one process a core; a seed gives the same bits always.
HOURS   ?= 100
SEED    ?= 1
campaign: need-build
	@$(MAKE) --no-print-directory $(B)/chair-campaign
	@bash tests/campaign/campaign.sh $(B) $(HOURS) $(SEED)

# A chair broken on purpose for each invariant: the oracle must say so, by that name.
campaign-mutants: need-build
	@$(MAKE) --no-print-directory $(B)/chair-campaign
	@$(PYTHON) tests/campaign/mutants.py
.PHONY: campaign campaign-mutants

# What was recorded comes out again, here and on arm64: kept trips, recordings of system tests, random episodes.
EPISODES ?= 15
replay-arm64: need-build
	@sh tests/install-packages.sh arm64
	@$(MAKE) --no-print-directory $(B)/replay $(B)/chair-campaign
	@$(MAKE) --no-print-directory VARIANT=arm64 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar build/arm64/replay
	@bash tests/replay/replay.sh $(B) build/arm64 $(EPISODES)
.PHONY: replay-arm64

install: need-build panel
	@$(MAKE) --no-print-directory programs
	@$(MAKE) --no-print-directory install-files

UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
SHARE    = $(DESTDIR)$(PREFIX)/share
INSTALL_DATA = install -D -m 644 -t
install-files:
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/sbin $(B)/chaird $(B)/chair-mqtt $(B)/chair-web
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(B)/chairsim $(B)/chair-program $(B)/chairctl
	$(INSTALL_DATA) $(SHARE)/chaird/profiles hw/profiles/*.yaml
	$(INSTALL_DATA) $(SHARE)/man/man8 systemd/man/chaird.8 systemd/man/chair-mqtt.8 systemd/man/chair-web.8
	$(INSTALL_DATA) $(SHARE)/man/man1 systemd/man/chairsim.1 systemd/man/chair-program.1 systemd/man/chairctl.1
	install -D -m 644 systemd/chaird.bash-completion $(SHARE)/bash-completion/completions/chaird
	ln -sf chaird $(SHARE)/bash-completion/completions/chair-mqtt
	ln -sf chaird $(SHARE)/bash-completion/completions/chair-web
	install -D -m 644 systemd/chair-program.bash-completion $(SHARE)/bash-completion/completions/chair-program
	install -D -m 644 systemd/chairctl.bash-completion $(SHARE)/bash-completion/completions/chairctl
	$(INSTALL_DATA) $(SHARE)/zsh/vendor-completions systemd/_chairctl
	$(INSTALL_DATA) $(DESTDIR)/etc/chaird config/chair.yaml config/chair-mqtt.yaml config/chair-web.yaml config/check-in.yaml config/after-care.yaml
	$(INSTALL_DATA) $(DESTDIR)/etc/chaird/after-care config/after-care/*.svg
	$(INSTALL_DATA) $(DESTDIR)/etc/chaird/programs config/programs/*.yaml
	$(INSTALL_DATA) $(SHARE)/chaird/panel panel/dist/*
	$(INSTALL_DATA) $(SHARE)/chaird/home config/home/*
	$(INSTALL_DATA) $(DESTDIR)$(UNITDIR) systemd/chaird.service systemd/chair-mqtt.service systemd/chair-web.service systemd/chair-kiosk.service
	$(INSTALL_DATA) $(DESTDIR)$(UDEVDIR) systemd/60-chaird.rules
	install -D -m 644 systemd/chaird.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chaird.conf
	install -D -m 644 systemd/chair-kiosk.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/chaird-kiosk.conf
	install -D -m 644 systemd/chair-kiosk.default $(DESTDIR)/etc/default/chair-kiosk
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib/chaird systemd/chair-kiosk
	install -D -m 644 systemd/chaird.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/chaird.conf
	$(INSTALL_DATA) $(DESTDIR)$(PREFIX)/lib/systemd/catalog systemd/chaird.catalog
.PHONY: install-files

# Debian packages of both releases, built in clean roots, and for arm64; left in build/deb. As root, like sbc.
deb: need-sbc
	@bash tests/sbc/deb.sh trixie
	@bash tests/sbc/deb.sh trixie arm64
	@bash tests/sbc/deb.sh bookworm
# The packages on a virtual board: kernel GPIO lines, systemd as PID 1. SUITE=trixie for one release alone.
SUITE ?= trixie bookworm
sbc: need-sbc
	@for suite in $(SUITE); do bash tests/sbc/deb.sh $$suite && bash tests/sbc/package.sh $$suite && \
		bash tests/sbc/sbc.sh $$suite || exit 1; done
need-sbc:
	@sh tests/install-packages.sh sbc
.PHONY: deb sbc need-sbc

# What `journalctl -x` says to each fault, from the table of faults; make lint looks that it is current.
catalog: $(B)/catalog
	@$(B)/catalog >systemd/chaird.catalog
.PHONY: catalog

# A field fault becomes a test: FILE=...chairrec NOTE="what happened".
FILE ?=
NOTE ?=
add-recording: need-build
	@$(MAKE) --no-print-directory $(B)/chairctl
	@bash tests/add-recording.sh $(B) "$(FILE)" "$(NOTE)"
.PHONY: add-recording

# What the core's structures consist of, for recordings; make lint looks that it is current.
record-table:
	@$(PYTHON) daemon/record/layout.py daemon/core >daemon/record/layout_table.h
.PHONY: record-table

clean:
	rm -rf build

-include $(shell find build -path build/sbc -prune -o -name '*.d' -type f -print 2>/dev/null)
