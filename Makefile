# gilsim - build, test, check, install. `make help` lists the targets.
#
#   VARIANT=release  -O2 -g, asserts on (the default)
#   VARIANT=debug    -O0 -g3
#   VARIANT=san      AddressSanitizer, UndefinedBehaviorSanitizer, LeakSanitizer; any finding fails
#   CC=gcc | clang
#   MPI=1            with Open MPI: mpirun gilsim sweep ... (libopenmpi-dev, openmpi-bin)
#   V=1              show the compiler's command lines
#
# The variants lie side by side: build/release/gilsim, build/debug/gilsim, ...; build/gilsim is the
# one built last. Sources are found by pattern: a new .c file under sim/ or models/ needs no entry here.

VARIANT ?= release
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC := gcc
endif

# What `make release` does instead. -O3 inlines more of what training finds to be called all the time.
FASTEST := -O3 -g -flto=auto -fno-fat-lto-objects
# All that training has executed counts as hot: else the benchmarks that loop most would have the models compiled for size.
PROFILED := -fprofile-use -Wno-missing-profile --param=hot-bb-count-ws-permille=1000

# Where this build's files go; check-determinism gives each of its builds a folder of its own.
OUT ?= build/$(VARIANT)

OPTIMISE_release := -O2 -g
OPTIMISE_debug := -O0 -g3
OPTIMISE_san := -O1 -g -fno-omit-frame-pointer
OPTIMISE ?= $(OPTIMISE_$(VARIANT))
ifeq ($(OPTIMISE),)
$(error VARIANT is '$(VARIANT)', expected release, debug or san)
endif
SANITIZE_san := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE := $(SANITIZE_$(VARIANT))

# -ffp-contract=off: a fused multiply-add would round differently from one compiler to the next.
# NDEBUG is never set: a wrong figure costs more than the check that stops it.
LANGUAGE := -std=gnu17 -D_GNU_SOURCE -ffp-contract=off -I.
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type -Werror=format
OUR_CFLAGS := $(LANGUAGE) $(OPTIMISE) $(SANITIZE) $(WARNINGS) -Wconversion $(CFLAGS)
# Criterion's eq() sets -Wconversion off, and its Test() declares functions of its own.
TEST_CFLAGS := $(LANGUAGE) $(OPTIMISE) $(SANITIZE) $(WARNINGS) $(CFLAGS)
LIBRARIES := -lgsl -lgslcblas -lyaml -ljansson -lsqlite3 -lm -lpthread
DATADIR := $(PREFIX)/share/gilsim/scenarios
ifeq ($(MPI),1)
OUR_CFLAGS += -DGILSIM_MPI $(patsubst -I%,-isystem %,$(shell mpicc --showme:compile))
LIBRARIES += $(shell mpicc --showme:link)
endif

SOURCES := $(sort $(wildcard sim/*/*.c models/*/*.c))
OBJECTS := $(SOURCES:%.c=$(OUT)/obj/%.o)
MAIN_OBJECT := $(OUT)/obj/sim/cli/main.o
FUZZ_SOURCES := $(filter-out tests/fuzz/driver.c,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_OBJECTS := $(FUZZ_SOURCES:%.c=$(OUT)/obj/%.o)
TEST_SOURCES := $(sort $(wildcard tests/unit/*.c tests/model/*.c)) $(FUZZ_SOURCES)
TEST_OBJECTS := $(TEST_SOURCES:%.c=$(OUT)/obj/%.o)
BENCH_SOURCES := $(sort $(wildcard tests/bench/*.c))
BENCH_OBJECTS := $(BENCH_SOURCES:%.c=$(OUT)/obj/%.o)
ALL_C := $(SOURCES) $(TEST_SOURCES) $(BENCH_SOURCES)
ALL_H := $(sort $(wildcard sim/*/*.h models/*/*.h tests/*/*.h))

# A short line for each file, or the whole command.
ifeq ($(V),1)
say = @:
run :=
else
say = @printf '%-8s %s\n'
run := @
endif

# Those targets that build first do so on all cores, unless -j says otherwise.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

.PHONY: all help demo test test-all check-load check-plan check-probe check-calibrate check-advise-native check-accuracy check-pictures check-faults check-threads check-memory property fuzz fuzz-afl soak ledger ledger-random release bench check-instructions instructions golden what-if \
	format tidy check-layers check-determinism \
	install uninstall deb check-readme cppcheck coverage clean packages-demo packages-test packages-plot \
	packages-clang gallery FORCE

all: build/gilsim ## build gilsim: build/$(VARIANT)/gilsim, and build/gilsim linked to it

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t20
	@echo "variables: VARIANT=release|debug|san  CC=gcc|clang  MPI=1  V=1  PREFIX=/usr/local  DESTDIR="

# --- compiling --------------------------------------------------------------------------------

build/gilsim: $(OUT)/gilsim FORCE
	@ln -sfn $(OUT:build/%=%)/gilsim $@

$(OUT)/gilsim: $(OBJECTS) $(OUT)/sources
	$(say) link $@
	$(run)$(CC) $(OPTIMISE) $(SANITIZE) $(LDFLAGS) -o $@ $(OBJECTS) $(LIBRARIES)

$(OUT)/obj/sim/%.o: sim/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(say) $(CC) $<
	$(run)$(CC) $(OUR_CFLAGS) $(CFLAGS_$(*F)) -MMD -MP -c -o $@ $<

$(OUT)/obj/models/%.o: models/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(say) $(CC) $<
	$(run)$(CC) $(OUR_CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/obj/tests/%.o: tests/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(say) $(CC) $<
	$(run)$(CC) $(TEST_CFLAGS) -DGILSIM_BINARY='"$(OUT)/gilsim"' -MMD -MP -c -o $@ $<

# One file knows where `make install` puts the data; it alone is compiled anew when PREFIX changes.
CFLAGS_profile_load := -DDATADIR='"$(DATADIR)"'
$(OUT)/obj/sim/profile/profile_load.o: $(OUT)/datadir

# The assembler includes the Python files that the binary carries; -MMD does not see that.
$(OUT)/obj/sim/native/native_embed.o: $(wildcard sim/native/*.py)

# Likewise what every report carries.
$(OUT)/obj/sim/report/report_embed.o: $(wildcard sim/report/*.css sim/report/*.js)

# Files that change when what they hold does, so that another CC or CFLAGS compiles everything anew.
$(OUT)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(OUR_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(OUR_CFLAGS)' > $@
$(OUT)/datadir: FORCE
	@mkdir -p $(@D)
	@echo '$(DATADIR)' | cmp -s - $@ || echo '$(DATADIR)' > $@
# Likewise the sources that there are: without one that is gone, a program must be linked anew.
$(OUT)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(ALL_C)' | cmp -s - $@ || echo '$(ALL_C)' > $@

-include $(OBJECTS:.o=.d) $(TEST_OBJECTS:.o=.d) $(BENCH_OBJECTS:.o=.d)

# --- showing and testing ----------------------------------------------------------------------

DEMO_SCENARIO = $(firstword $(wildcard scenarios/seeds/a1-*.yaml))

demo: packages-demo ## predict the first article's speedups and prove them on this machine's python3
	@$(MAKE) $(PARALLEL) all
	build/gilsim run $(DEMO_SCENARIO)
	build/gilsim validate $(DEMO_SCENARIO)

$(OUT)/tests: $(filter-out $(MAIN_OBJECT),$(OBJECTS)) $(TEST_OBJECTS) $(OUT)/sources
	$(say) link $@
	$(run)$(CC) $(OPTIMISE) $(SANITIZE) $(LDFLAGS) -o $@ $(filter %.o,$^) -lcriterion $(LIBRARIES)

test: packages-test ## run the unit and model tests; VARIANT=san for the sanitizers
	@$(MAKE) $(PARALLEL) $(OUT)/gilsim $(OUT)/tests $(OUT)/example
	@tests/tools/run_tests.sh $(OUT)

# The build with MPI has objects of its own; without mpirun, that part is left out.
check-load: packages-test ## long: queueing theory at every point, coverage of intervals, a sweep of 1,000 points cut in every way
	@$(MAKE) $(PARALLEL) $(OUT)/gilsim $(OUT)/tests
	@$(if $(shell command -v mpicc 2>/dev/null),$(MAKE) $(PARALLEL) MPI=1 OUT=build/mpi build/mpi/gilsim)
	GILSIM_LONG=1 GILSIM_DATA=$(CURDIR)/scenarios $(OUT)/tests --filter 'load_theory/*'
	$(if $(shell command -v mpicc 2>/dev/null),GILSIM_MPI=build/mpi/gilsim) tests/tools/sweep.sh $(OUT)/gilsim 1000

check-plan: packages-test ## long: plans against Erlang C, advice against every size of every model on 100 scenarios
	@$(MAKE) $(PARALLEL) $(OUT)/gilsim $(OUT)/tests
	GILSIM_LONG=1 GILSIM_DATA=$(CURDIR)/scenarios $(OUT)/tests --filter 'plan/*'
	GILSIM_LONG=1 GILSIM_DATA=$(CURDIR)/scenarios $(OUT)/tests --filter 'advise/*'

ADVISE_NATIVE ?= --machine "$$(nproc) cores, $$(uname -m)"
check-probe: all ## measures: does probe find the known shares of bytecode, C, native code and waiting in ten calls? 2 minutes
	tests/tools/probe_shares.py build/gilsim

check-calibrate: all ## measures: do two calibrations agree within their spreads? CALIBRATE_PYTHON=python3.13; 3 minutes
	tests/tools/check_calibrate.sh build/gilsim $(CALIBRATE_PYTHON)

check-accuracy: all ## predict again what was measured on several machines, and print the errors
	GILSIM_DATA=scenarios tests/tools/accuracy.sh build/gilsim

check-advise-native: all ## measures: is the model that advise names the fastest? 30 of those scenarios; ADVISE_NATIVE="--first 0 --most 5" for a slice
	tests/tools/advise_native.py build/gilsim tests/data/advise-scenarios.csv build/advise-native.csv $(ADVISE_NATIVE)

# What programs link with: no command, nothing native.
LIBRARY_OBJECTS := $(filter-out $(OUT)/obj/sim/cli/% $(OUT)/obj/sim/native/% $(OUT)/obj/sim/native_c/% $(OUT)/obj/sim/report/%,$(OBJECTS))
$(OUT)/libgilsim.a: $(LIBRARY_OBJECTS) $(OUT)/sources
	$(say) ar $@
	$(run)rm -f $@ && ar rcs $@ $(filter %.o,$^)

$(OUT)/example: tests/example/example.c $(OUT)/libgilsim.a
	$(say) link $@
	$(run)$(CC) $(TEST_CFLAGS) -Isim/api -o $@ $^ $(LIBRARIES)

check-pictures: all packages-plot ## open traces in speedscope and reports in headless Chromium, where both can be had
	@tests/tools/check_pictures.sh build/gilsim build/pictures

ledger: all ## measure the suite on the interpreters that are here: tests/data/ledger/; goes on where it was stopped
	@tests/tools/ledger.sh suite build/gilsim

N ?= 200
ledger-random: all ## the same for N=200 random scenarios
	@tests/tools/ledger.sh random build/gilsim $(N)

MEASURE ?= 0
check-readme: all ## run every command of the README; MEASURE=1: those that measure, too
	@tests/tools/check_readme.sh build/gilsim $(MEASURE)

test-all: ## everything that .ci/run runs, and what takes long
	.ci/run
	$(MAKE) analyze check-pictures check-memory check-faults KILLS=100 property fuzz fuzz-afl FUZZ_TIME=600 soak coverage

KILLS ?= 10
check-faults: packages-test ## long: KILLS=10 kill -9 at random moments of each kind of output, and signals at random moments
	@$(MAKE) $(PARALLEL) $(OUT)/gilsim
	python3 tests/tools/faults.py $(OUT)/gilsim $(KILLS) $(FAULTS)

check-threads: packages-demo ## ThreadSanitizer on the command itself, wherever it runs jobs in parallel
	@$(MAKE) $(PARALLEL) OUT=build/tsan OPTIMISE='-O1 -g' SANITIZE=-fsanitize=thread build/tsan/gilsim
	tests/tools/threads.sh build/tsan/gilsim

check-memory: packages-test ## long: valgrind over the unit tests
	@tests/tools/packages.sh valgrind:valgrind
	@$(MAKE) $(PARALLEL) $(OUT)/gilsim $(OUT)/tests
	tests/tools/memory.sh $(OUT)

SOAK_TIME ?= 600
soak: packages-demo ## sweep for SOAK_TIME=600 seconds at flat memory, killed and resumed on the way
	@$(MAKE) $(PARALLEL) $(OUT)/gilsim
	tests/tools/soak.sh $(OUT)/gilsim $(SOAK_TIME)

SEEDS ?= 10000
property: packages-test ## check what must hold of any run over SEEDS=10000 random scenarios
	@$(MAKE) $(PARALLEL) $(OUT)/tests
	GILSIM_DATA=scenarios PROPERTY_SEEDS=1-$(SEEDS) $(OUT)/tests --filter 'property/*'

# Each target is a function of any bytes (tests/fuzz/fuzz.h); several may share a corpus.
FUZZ_TARGETS ?= scenario run text log profile result
FUZZ_TIME ?= 60
FUZZ_BUILD := OUT=build/fuzz VARIANT=san CC=clang \
	SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'

$(OUT)/fuzz-%: tests/fuzz/driver.c $(filter-out $(MAIN_OBJECT),$(OBJECTS)) $(FUZZ_OBJECTS) $(OUT)/sources
	$(say) link $@
	$(run)$(CC) $(TEST_CFLAGS) -DFUZZ_TARGET=fuzz_$* -fsanitize=fuzzer $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LIBRARIES)

fuzz: packages-clang ## fuzz each reader for FUZZ_TIME=60 seconds; what breaks it is kept in build/fuzz/
	@$(MAKE) $(PARALLEL) $(FUZZ_BUILD) $(FUZZ_TARGETS:%=build/fuzz/fuzz-%)
	@set -e; for target in $(FUZZ_TARGETS); do \
		corpus=$$target; test $$target = run && corpus=scenario; mkdir -p build/fuzz/corpus/$$target; \
		echo "fuzz     $$target"; \
		GILSIM_DATA=scenarios build/fuzz/fuzz-$$target -max_total_time=$(FUZZ_TIME) -timeout=20 -rss_limit_mb=3000 \
			-verbosity=0 -print_final_stats=1 -artifact_prefix=build/fuzz/$$target- \
			build/fuzz/corpus/$$target tests/fuzz/corpus/$$corpus; done

# The same function under AFL++, which links a driver of its own for it.
AFL_BUILD := OUT=build/afl VARIANT=san CC=afl-clang-fast
AFL_OPTIONS := AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_AUTORESUME=1
fuzz-afl: ## the same for scenarios by AFL++; what breaks it is kept in build/afl/found/
	@tests/tools/packages.sh afl++:afl-fuzz
	@$(MAKE) $(PARALLEL) $(AFL_BUILD) build/afl/fuzz-scenario
	$(AFL_OPTIONS) GILSIM_DATA=scenarios afl-fuzz -V $(FUZZ_TIME) -m none -t 20000 -i tests/fuzz/corpus/scenario \
		-o build/afl/found -- build/afl/fuzz-scenario >build/afl/log
	@grep -E 'execs_done|cycles_done|edges_found|saved_crashes|saved_hangs' build/afl/found/default/fuzzer_stats
	@! ls build/afl/found/default/crashes | grep -v README

# The benchmark program has a main of its own, takes all of gilsim's objects, and times itself.
$(OUT)/bench: $(filter-out $(MAIN_OBJECT),$(OBJECTS)) $(BENCH_OBJECTS) $(OUT)/sources
	$(say) link $@
	$(run)$(CC) $(OPTIMISE) $(SANITIZE) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBRARIES)

# Compiled twice: first to learn from the benchmarks and the shipped scenarios which way the branches go, then to
# use that, across files. -fprofile-use finds the counts beside the objects.
release: packages-demo ## the fastest build (gcc: link-time, profile-guided): build/optimised/gilsim
	@rm -rf build/optimised
	@$(MAKE) $(PARALLEL) CC=gcc OUT=build/optimised OPTIMISE='$(FASTEST) -fprofile-generate -fprofile-update=atomic' \
		build/optimised/gilsim build/optimised/bench
	build/optimised/bench --quick build/optimised/training.json
	@tests/tools/train.sh build/optimised/gilsim
	@$(MAKE) $(PARALLEL) CC=gcc OUT=build/optimised \
		OPTIMISE='$(FASTEST) $(PROFILED)' \
		build/gilsim build/optimised/bench

bench: release ## time the engine and the models against hand-written references: build/bench.json
	build/optimised/bench build/bench.json

check-instructions: packages-demo ## fail when the engine or the models execute 3 % more instructions than they did
	@tests/tools/packages.sh valgrind:valgrind
	@$(MAKE) $(PARALLEL) VARIANT=release CC=gcc build/release/bench
	@tests/tools/instructions.sh check build/release/bench

instructions: packages-demo ## write the instruction counts anew; say in the commit why they grew
	@tests/tools/packages.sh valgrind:valgrind
	@$(MAKE) $(PARALLEL) VARIANT=release CC=gcc build/release/bench
	@tests/tools/instructions.sh write build/release/bench

golden: all ## write the golden traces anew; their diff is part of the change
	@tests/tools/golden.sh write build/gilsim

what-if: all ## write the README's pages of scenarios/what-if/ anew, as `gilsim run` prints them
	@tests/tools/what_if.sh build/gilsim README.md

gallery: packages-demo packages-plot ## draw every kind of plot from shipped scenarios: build/gallery/
	@$(MAKE) $(PARALLEL) all
	plots/gallery.sh build/gilsim build/gallery

# --- keeping house ----------------------------------------------------------------------------

format: ## lay the sources out as .clang-format says
	clang-format -i $(ALL_C) $(ALL_H)

# A macro of jansson's is a loop; the two figures are reached by their offsets in a table; the division is by 10^n.
CPPCHECK := cppcheck --quiet --error-exitcode=1 --enable=warning,portability,performance --std=c11 --inline-suppr \
	-I. -D_GNU_SOURCE -DDATADIR='""' --suppress=missingIncludeSystem --suppress=unknownMacro:sim/report/data_*.c \
	--suppress=invalidPointerCast:sim/results/figures.h --suppress=zerodivcond:sim/base/units.c
cppcheck: ## let cppcheck read the sources
	@tests/tools/packages.sh cppcheck:cppcheck
	@$(CPPCHECK) -j$(shell nproc) sim models

coverage: packages-test ## which lines of sim/ and models/ the tests run: build/coverage/
	@$(MAKE) $(PARALLEL) OUT=build/coverage OPTIMISE='-O0 -g --coverage' \
		LDFLAGS='-Wl,--wrap=_exit tests/tools/coverage_exit.c' build/coverage/gilsim build/coverage/tests build/coverage/example
	@find build/coverage -name '*.gcda' -delete
	@tests/tools/run_tests.sh build/coverage || true
	@tests/tools/coverage.sh build/coverage

# One file at a time: checks that go on in the next one would take its texts for the last one's.
TIDY := printf '%s\n' $(SOURCES) | xargs -P $(shell nproc) -n 1 sh -c 'clang-tidy --quiet $$0 "$$@" -- $(LANGUAGE) -DDATADIR="\"\"" 2>/dev/null'
tidy: ## let clang-tidy read the sources
	@tests/tools/packages.sh clang-tidy:clang-tidy
	@$(TIDY)

# How closely a structure is packed is no fault.
ANALYZER := -*,clang-analyzer-*,-clang-analyzer-optin.performance.Padding,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
analyze: ## long: let clang's analyzer follow every path through them
	@tests/tools/packages.sh clang-tidy:clang-tidy
	@$(TIDY) --checks='$(ANALYZER)'

check-layers: $(OUT)/gilsim ## fail when a folder includes, or a command calls, what it may not
	@tests/tools/check_layers.sh $(OUT)

check-determinism: packages-demo packages-clang ## the same bytes from gcc and clang, -O0 and -O3, and no clock or rand
	@tests/tools/check_determinism.sh "$(MAKE)"

clean: ## remove build/
	rm -rf build

# --- packages: install what is missing, or say how --------------------------------------------

PACKAGES_DEMO := gcc:gcc libc6-dev:stdio.h libgsl-dev:gsl/gsl_cdf.h libyaml-dev:yaml.h libjansson-dev:jansson.h \
	libsqlite3-dev:sqlite3.h python3:python3
packages-demo:
	@tests/tools/packages.sh $(PACKAGES_DEMO)
packages-test:
	@tests/tools/packages.sh $(PACKAGES_DEMO) libcriterion-dev:criterion/criterion.h gnuplot-nox:gnuplot
packages-plot:
	@tests/tools/packages.sh gnuplot-nox:gnuplot
packages-clang:
	@tests/tools/packages.sh clang:clang binutils:nm

# --- installing -------------------------------------------------------------------------------

MANUAL := build/gilsim.1
$(MANUAL): $(OUT)/gilsim sim/cli/shell/man.sh
	$(say) manual $@
	$(run)sim/cli/shell/man.sh $(OUT)/gilsim > $@

INSTALLED_DIRS = $(PREFIX)/share/gilsim $(PREFIX)/share/doc/gilsim
# These go with what is in them, unless others use them too; those right below the system's own prefixes stay in any case.
INSTALLED_INTO = bin include lib/pkgconfig share/man/man1 share/doc share/bash-completion/completions \
	share/zsh/site-functions share/fish/vendor_completions.d
SYSTEM_PREFIX = $(if $(DESTDIR),,$(filter /usr /usr/local,$(PREFIX)))
COMPLETIONS = gilsim.bash:$(PREFIX)/share/bash-completion/completions/gilsim \
	_gilsim:$(PREFIX)/share/zsh/site-functions/_gilsim gilsim.fish:$(PREFIX)/share/fish/vendor_completions.d/gilsim.fish

install: all $(MANUAL) $(OUT)/libgilsim.a ## install under $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(OUT)/gilsim $(DESTDIR)$(PREFIX)/bin/gilsim
	set -e; cd scenarios; find . -type f \( -name '*.yaml' -o -name '*.csv' -o -name '*.log' \) | sort | while read -r file; do \
		install -D -m 644 "$$file" "$(DESTDIR)$(DATADIR)/$$file"; done
	install -d $(DESTDIR)$(PREFIX)/share/gilsim/plots
	install -m 644 plots/*.gp $(DESTDIR)$(PREFIX)/share/gilsim/plots
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/gilsim/LICENSE
	install -D -m 644 $(MANUAL) $(DESTDIR)$(PREFIX)/share/man/man1/gilsim.1
	install -D -m 644 sim/api/gilsim.h $(DESTDIR)$(PREFIX)/include/gilsim.h
	install -D -m 644 $(OUT)/libgilsim.a $(DESTDIR)$(PREFIX)/lib/libgilsim.a
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	printf '%s\n' 'Name: gilsim' "Description: simulator of CPython's concurrency" \
		"Version: $$($(OUT)/gilsim --version | cut -d' ' -f2)" 'Cflags: -I$(PREFIX)/include' \
		'Libs: -L$(PREFIX)/lib -lgilsim $(LIBRARIES)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/gilsim.pc
	set -e; for pair in $(COMPLETIONS); do \
		install -D -m 644 sim/cli/shell/$${pair%%:*} "$(DESTDIR)$${pair#*:}"; done

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/gilsim $(DESTDIR)$(PREFIX)/share/man/man1/gilsim.1 \
		$(DESTDIR)$(PREFIX)/include/gilsim.h $(DESTDIR)$(PREFIX)/lib/libgilsim.a \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig/gilsim.pc
	set -e; for pair in $(COMPLETIONS); do rm -f "$(DESTDIR)$${pair#*:}"; done
	rm -rf $(INSTALLED_DIRS:%=$(DESTDIR)%)
	@cd $(DESTDIR)$(PREFIX) && for folder in $(INSTALLED_INTO); do \
		while [ -d $$folder ] && rmdir $$folder 2>/dev/null; do folder=$$(dirname $$folder); \
			case $$folder in */*) ;; .) break ;; *) [ -z "$(SYSTEM_PREFIX)" ] || break ;; esac; done; done; true
	@[ -n "$(SYSTEM_PREFIX)" ] || (cd $(or $(DESTDIR),/) && rmdir -p --ignore-fail-on-non-empty $(PREFIX:/%=%))

check-install: packages-demo ## install into a folder, use what is there, uninstall; and make a package
	@tests/tools/check_install.sh "$(MAKE)"

deb: packages-demo ## make a Debian package: build/gilsim_VERSION_ARCH.deb
	@$(MAKE) $(PARALLEL) PREFIX=/usr VARIANT=release all build/gilsim.1
	@tests/tools/deb.sh "$(MAKE)"
