#include "version.h"

/* The Makefile defines VERSION, and recompiles this file when it changes. */
const char version[] = VERSION;
