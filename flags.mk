# Compiler flags. GCC_ONLY are what clang does not know.
STD      := -std=gnu17 -D_GNU_SOURCE -ffp-contract=off
WARN     := -Wall -Wextra -Wpedantic -Wformat=2 -Wconversion -Wsign-conversion -Wshadow -Wundef \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla \
	-Wcast-qual -Wwrite-strings -Wpointer-arith -Wswitch-enum \
	-Wdouble-promotion -Wfloat-equal -Wnull-dereference -Walloca \
	-Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion \
	-Werror=return-type -Werror=format-security -Wunused-result
GCC_ONLY := -Wcast-align=strict -Wimplicit-fallthrough=5 -Wstack-usage=4096 -Wlogical-op \
	-Wduplicated-cond -Wduplicated-branches -Wtrampolines -Warray-bounds=2 -Wbidi-chars=any
# Not -ftrivial-auto-var-init=zero: GCC 12 and 14 clear the padding of a copied structure at wrong places, and
# with it values of arrays inside (`const struct record_cycle c = { *in, *out }` lost time stamps of drives).
HARDEN   := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fno-delete-null-pointer-checks \
	-fno-strict-overflow -fno-strict-aliasing -fno-common -fPIE
LDHARDEN := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen -Wl,--as-needed
