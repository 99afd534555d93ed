/*
 * example.c - libgilsim in a program: how much faster is each variant as cores are added?
 *
 *	cc example.c $(pkg-config --cflags --libs gilsim) -o example && ./example scenario.yaml
 */
#include <gilsim.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: example SCENARIO\n");
		return 2;
	}
	for (int cores = 1; cores <= 4; cores *= 2) {
		char setting[32];
		const char *overrides[] = { setting };
		const struct gilsim_options options = { .overrides = overrides, .override_count = 1 };
		struct gilsim *gilsim;
		char *messages;

		snprintf(setting, sizeof(setting), "machine.cores=%d", cores);
		gilsim = gilsim_load(argv[1], &options, &messages);
		fputs(messages, stderr);
		free(messages);
		if (!gilsim)
			return 2;
		if (gilsim_run(gilsim, NULL) == 0)
			for (size_t i = 0; i < gilsim_variant_count(gilsim); i++)
				printf("%d cores, %s: %.2f times as fast\n", cores, gilsim_variant_name(gilsim, i),
				       gilsim_metric(gilsim, i, "speedup"));
		gilsim_free(gilsim);
	}
	return 0;
}
